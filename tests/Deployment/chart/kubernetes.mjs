// Manifests against the types of Kubernetes and of the operators: values by compiled JSON schemas, unknown fields by the TypeScript compiler.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inRoot } from '../repository.mjs';

const here = inRoot('tests/Deployment');
const operators = {
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
  'keda.sh': '@kubernetes-models/keda',
  'gateway.networking.k8s.io': '@kubernetes-models/gateway-api',
};
// No types are published for these; chart.test.mjs looks at their fields.
const untyped = ['inference.networking.k8s.io/v1'];

const moduleOf = ({ apiVersion, kind }) => `${operators[apiVersion.split('/')[0]] ?? 'kubernetes-models'}/${apiVersion}/${kind}`;

/** @returns what is wrong, a line each; nothing if all is right. */
export async function findErrors(manifests) {
  const typed = manifests.filter(manifest => !untyped.includes(manifest.apiVersion));
  const errors = [];
  for (const manifest of typed) {
    try {
      const module = await import(moduleOf(manifest));
      new module[manifest.kind](manifest).validate();
    } catch (error) {
      errors.push(`${manifest.kind}/${manifest.metadata?.name}: ${error.message}`);
    }
  }
  return [...errors, ...findUnknownFields(typed)];
}

function findUnknownFields(manifests) {
  const folder = mkdtempSync(join(here, '.check-')), source = join(folder, 'manifests.ts');
  try {
    writeFileSync(source, manifests.map((manifest, i) =>
      `import type { I${manifest.kind} as T${i} } from ${JSON.stringify(moduleOf(manifest))};\n`
      + `export const ${manifest.kind}_${i}: T${i} = ${JSON.stringify(manifest)};\n`).join(''));
    const { status, stdout } = spawnSync(process.execPath, [join(here, 'node_modules/typescript/bin/tsc'), '--noEmit', '--strict',
      '--skipLibCheck', '--module', 'esnext', '--moduleResolution', 'bundler', source], { encoding: 'utf8' });
    return status === 0 ? [] : stdout.trim().split('\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
