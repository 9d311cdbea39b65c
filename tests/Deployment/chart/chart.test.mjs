import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { chartFolder, inRoot } from '../repository.mjs';
import * as assertions from './assertions.mjs';
import { noHelm, render, run } from './helm.mjs';
import { findErrors } from './kubernetes.mjs';

const { ofKind, server, serverContainer, setting } = assertions;
const folder = inRoot('tests/Deployment/values');
const sets = readdirSync(folder).map(file => file.replace('.yaml', ''));
const renderSet = (name, ...args) => render('--values', join(folder, `${name}.yaml`), ...args);

describe('every value set', { skip: noHelm }, () => {
  const all = [];
  for (const set of sets) {
    test(`${set}: lint and what fits together`, () => {
      run('lint', '--strict', chartFolder, '--values', join(folder, `${set}.yaml`));
      const manifests = renderSet(set);
      all.push(...manifests);
      assert.equal(ofKind(manifests, 'Deployment').length, 1);
      Object.values(assertions).filter(check => check.name.startsWith('assert')).forEach(check => check(manifests));
    });
  }

  test('all of them fulfil the types of Kubernetes, Prometheus operator, KEDA and Gateway API', async () => {
    assert.ok(sets.length >= 12 && all.length > 100);
    assert.deepEqual(await findErrors(all), []);
  });
});

describe('single values', { skip: noHelm }, () => {
  test('the grace period is preStop + drain + 10, if none is given', () => {
    const manifests = render('--set', 'preStopSeconds=20,drainSeconds=100');
    assert.equal(server(manifests).spec.template.spec.terminationGracePeriodSeconds, 130);
    assert.equal(setting(manifests, 'DrainSeconds'), '100');
  });

  test('large numbers stay whole', () => {
    assert.equal(setting(renderSet('bare'), 'Engine:KvCacheMebibytes'), '1048576');
  });

  test('without values nothing but what runs anywhere is installed', () => {
    const kinds = new Set(renderSet('default').map(manifest => manifest.kind));
    assert.deepEqual([...kinds].sort(), ['Deployment', 'NetworkPolicy', 'Pod', 'PodDisruptionBudget', 'Service', 'ServiceAccount']);
  });

  test('the network policy lets nothing out, but for a download', () => {
    assert.deepEqual(ofKind(renderSet('default'), 'NetworkPolicy')[0].spec.egress, []);
    const ports = ofKind(renderSet('model-download'), 'NetworkPolicy')[0].spec.egress.flatMap(rule => rule.ports.map(port => port.port));
    assert.deepEqual(ports, [53, 53, 443]);
  });

  test('a download hands addresses over as arguments, and checks sums', () => {
    const [container] = server(renderSet('model-download')).spec.template.spec.initContainers;
    assert.ok(container.args.includes("https://models.example/tales/config.json?a=1&b='2'"));
    assert.equal(container.args.length, 6);
    assert.match(container.command[2], /sha256sum -c/);
    assert.doesNotMatch(container.command[2], /models\.example/);
  });

  test('the model is mounted read-only, where the server looks for it', () => {
    for (const [set, path] of [['model-claim', '/models/checkpoints/tales'], ['model-image', '/models'], ['model-download', '/models/tales']]) {
      const manifests = renderSet(set);
      assert.equal(setting(manifests, 'Model:Path'), path);
      assert.deepEqual(serverContainer(manifests).volumeMounts.find(mount => mount.name === 'model'),
        { name: 'model', mountPath: '/models', readOnly: true });
    }
    assert.equal(setting(renderSet('default'), 'Model:Path'), undefined);
  });

  test('GPUs are limits, beside what else is limited', () => {
    const manifests = renderSet('gpu'), pod = server(manifests).spec.template.spec;
    assert.deepEqual(serverContainer(manifests).resources.limits, { memory: '64Gi', 'nvidia.com/gpu': 2 });
    assert.equal(pod.runtimeClassName, 'nvidia');
    assert.equal(pod.tolerations.length, 2);
    assert.deepEqual(pod.nodeSelector, { pool: 'gpu', 'nvidia.com/gpu.product': 'NVIDIA-H100-80GB-HBM3' });
    assert.ok(!('nvidia.com/gpu' in serverContainer(renderSet('default')).resources.limits));
  });

  test('with GPUs the server computes on each of them, and says so where it cannot', () => {
    const manifests = renderSet('gpu');
    assert.equal(setting(manifests, 'Model:Device'), 'cuda:0,cuda:1');
    assert.equal(setting(manifests, 'Engine:KvCacheMebibytes'), undefined);
    assert.equal(setting(renderSet('default'), 'Model:Device'), undefined);
  });

  test('the secret holds the lines of the key file', () => {
    const manifests = renderSet('api-keys');
    assert.match(ofKind(manifests, 'Secret')[0].stringData.keys, /^sha256:9f86.* batch\nsha256:6030.*\n$/);
    assert.equal(setting(manifests, 'ApiKeys:Path'), '/etc/laser/api-keys/keys');
    assert.deepEqual(ofKind(manifests, 'ServiceMonitor')[0].spec.endpoints[0].authorization, { credentials: { name: 'shop-client', key: 'api-key' } });
  });

  test('the test pod goes where it can get in, and is not there where it cannot', () => {
    const call = manifests => ofKind(manifests, 'Pod')[0].spec.containers[0];
    assert.ok(call(renderSet('default')).args.includes('http://shop-laser-serve.books.svc:50051'));
    assert.ok(call(renderSet('tls')).args.includes('https://shop-laser-serve.books.svc:50051'));
    assert.equal(call(renderSet('api-keys')).env[0].name, 'LASER_API_KEY');
    assert.equal(ofKind(renderSet('mutual-tls'), 'Pod').length, 0);
    assert.equal(ofKind(renderSet('api-key-secret'), 'Pod').length, 0);
  });

  test('the pool is spoken to in HTTP/2 and has its picker', () => {
    const [pool] = ofKind(renderSet('inference-pool'), 'InferencePool');
    assert.deepEqual(Object.keys(pool.spec).sort(), ['appProtocol', 'endpointPickerRef', 'selector', 'targetPorts']);
    assert.equal(pool.spec.appProtocol, 'kubernetes.io/h2c');
    assert.deepEqual(pool.spec.endpointPickerRef, { name: 'shop-picker', port: { number: 9002 }, failureMode: 'FailClose' });
  });

  // Helm 3 asks a cluster even then.
  test('notes name the next command', { skip: !noHelm && /^v3/.test(run('version', '--short')) }, () => {
    const notes = set => run('install', 'shop', chartFolder, '--namespace', 'books', '--dry-run=client', '--values', join(folder, `${set}.yaml`));
    assert.match(notes('default'), /helm test shop --namespace books/);
    assert.match(notes('mutual-tls'), /There is no helm test/);
  });
});
