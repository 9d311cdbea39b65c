// What no schema sees: that the manifests of a release fit together.
import assert from 'node:assert/strict';
import { readText } from '../repository.mjs';

const settingNames = new Set([...readText('src/Laser.Serve/README.md').matchAll(/^\| (.*?) \|/gm)]
  .flatMap(([, cell]) => [...cell.matchAll(/`([A-Z][A-Za-z:]*)`/g)].map(match => match[1])));

export const ofKind = (manifests, kind) => manifests.filter(manifest => manifest.kind === kind);
export const server = manifests => ofKind(manifests, 'Deployment')[0];
export const serverContainer = manifests => server(manifests).spec.template.spec.containers[0];
export const setting = (manifests, name) =>
  serverContainer(manifests).env.find(variable => variable.name === `Laser__${name.replaceAll(':', '__')}`)?.value;
export const matches = (selector, labels) => Object.entries(selector).every(([key, value]) => labels?.[key] === value);

const podsOf = manifests => [server(manifests).spec.template.spec, ...ofKind(manifests, 'Pod').map(pod => pod.spec)];

export function assertSelectorsMatch(manifests) {
  const pod = server(manifests).spec.template.metadata.labels;
  const services = ofKind(manifests, 'Service');
  const selectors = [
    server(manifests).spec.selector.matchLabels,
    ...services.map(service => service.spec.selector),
    ...ofKind(manifests, 'PodDisruptionBudget').map(budget => budget.spec.selector.matchLabels),
    ...ofKind(manifests, 'NetworkPolicy').map(policy => policy.spec.podSelector.matchLabels),
    ...ofKind(manifests, 'InferencePool').map(pool => pool.spec.selector.matchLabels),
    ...server(manifests).spec.template.spec.topologySpreadConstraints.map(spread => spread.labelSelector.matchLabels),
  ];
  for (const selector of selectors) {
    assert.ok(Object.keys(selector).length >= 3 && matches(selector, pod), `${JSON.stringify(selector)} does not select the servers`);
    for (const test of ofKind(manifests, 'Pod')) {
      assert.ok(!matches(selector, test.metadata.labels), 'the test pod is taken for a server');
    }
  }
  for (const { spec } of ofKind(manifests, 'ServiceMonitor')) {
    const found = services.filter(service => matches(spec.selector.matchLabels, service.metadata.labels)
      && service.spec.ports.some(port => port.name === spec.endpoints[0].port));
    assert.equal(found.length, 1, 'every server is scraped once');
  }
}

export function assertPortsExist(manifests) {
  const ports = serverContainer(manifests).ports;
  const has = port => ports.some(known => known.name === port || known.containerPort === port);
  const used = [
    ...ofKind(manifests, 'Service').flatMap(service => service.spec.ports.map(port => port.targetPort)),
    ...ofKind(manifests, 'NetworkPolicy').flatMap(policy => policy.spec.ingress.slice(0, 2).flatMap(rule => rule.ports.map(port => port.port))),
    ...ofKind(manifests, 'InferencePool').flatMap(pool => pool.spec.targetPorts.map(port => port.number)),
    ...['startup', 'readiness', 'liveness'].map(kind => serverContainer(manifests)[`${kind}Probe`].grpc.port),
  ];
  used.forEach(port => assert.ok(has(port), `the server has no port ${port}`));
  for (const [port, name] of [['grpc', 'Grpc:Port'], ['http', 'Http:Port'], ['health', 'Health:Port']]) {
    assert.equal(String(ports.find(known => known.name === port).containerPort), setting(manifests, name), `port ${port} is not where the server listens`);
  }
  for (const route of ofKind(manifests, 'GRPCRoute')) {
    for (const target of route.spec.rules.flatMap(rule => rule.backendRefs)) {
      const backend = ofKind(manifests, target.kind ?? 'Service').find(manifest => manifest.metadata.name === target.name);
      assert.ok(backend, `${target.name} does not exist`);
      assert.ok(target.kind || backend.spec.ports.some(port => port.port === target.port), `no port ${target.port}`);
    }
  }
}

export function assertProbes(manifests) {
  const container = serverContainer(manifests);
  const services = Object.fromEntries(['startup', 'readiness', 'liveness'].map(kind => [kind, container[`${kind}Probe`].grpc.service]));
  assert.deepEqual(services, { startup: 'readiness', readiness: 'readiness', liveness: 'liveness' });
}

export function assertDrainFits(manifests) {
  const pod = server(manifests).spec.template.spec;
  const preStop = pod.containers[0].lifecycle.preStop.sleep.seconds, drain = Number(setting(manifests, 'DrainSeconds'));
  assert.ok(pod.terminationGracePeriodSeconds >= preStop + drain + 5, `${pod.terminationGracePeriodSeconds} s for ${preStop} s + ${drain} s`);
}

/** https://kubernetes.io/docs/concepts/security/pod-security-standards, restricted. */
export function assertRestricted(manifests) {
  const volumes = new Set(['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret', 'image']);
  for (const pod of podsOf(manifests)) {
    assert.equal(pod.automountServiceAccountToken, false);
    assert.equal(pod.securityContext.runAsNonRoot, true);
    assert.ok(pod.securityContext.runAsUser > 0);
    assert.equal(pod.securityContext.seccompProfile.type, 'RuntimeDefault');
    assert.ok(!pod.hostNetwork && !pod.hostPID && !pod.hostIPC);
    for (const volume of pod.volumes) {
      assert.ok(Object.keys(volume).every(key => key === 'name' || volumes.has(key)), JSON.stringify(volume));
    }
    for (const container of [...(pod.initContainers ?? []), ...pod.containers]) {
      assert.equal(container.securityContext.allowPrivilegeEscalation, false, container.name);
      assert.deepEqual(container.securityContext.capabilities.drop, ['ALL'], container.name);
      assert.ok((container.ports ?? []).every(port => port.hostPort === undefined));
    }
  }
  assert.equal(serverContainer(manifests).securityContext.readOnlyRootFilesystem, true);
}

export function assertMountsExist(manifests) {
  for (const pod of podsOf(manifests)) {
    const volumes = pod.volumes.map(volume => volume.name);
    assert.equal(new Set(volumes).size, volumes.length);
    for (const container of [...(pod.initContainers ?? []), ...pod.containers]) {
      for (const mount of container.volumeMounts ?? []) {
        assert.ok(volumes.includes(mount.name), `${container.name} mounts ${mount.name}`);
      }
    }
  }
}

export function assertSettingsExist(manifests) {
  for (const { name, value } of serverContainer(manifests).env.filter(variable => variable.name.startsWith('Laser__'))) {
    const known = name.slice('Laser__'.length).replaceAll('__', ':');
    assert.ok(settingNames.has(known), `the server has no setting ${known}`);
    assert.match(value, /^[^eE]|^[^0-9]/);
    assert.doesNotMatch(value, /^[0-9.]+e[+-]?[0-9]+$/, `${name} is not a whole number`);
  }
}

export function assertReferencesExist(manifests) {
  const name = server(manifests).metadata.name;
  for (const scaler of [...ofKind(manifests, 'HorizontalPodAutoscaler'), ...ofKind(manifests, 'ScaledObject')]) {
    assert.equal(scaler.spec.scaleTargetRef.name, name);
    assert.equal(server(manifests).spec.replicas, undefined, 'an upgrade would undo what the autoscaler did');
  }
  const account = ofKind(manifests, 'ServiceAccount')[0];
  if (account) {
    assert.equal(server(manifests).spec.template.spec.serviceAccountName, account.metadata.name);
    assert.equal(account.automountServiceAccountToken, false);
  }
  for (const manifest of manifests.filter(m => m.metadata.labels)) {
    assert.ok(manifest.metadata.name.length <= 63);
    assert.equal(manifest.metadata.namespace, 'books');
  }
}
