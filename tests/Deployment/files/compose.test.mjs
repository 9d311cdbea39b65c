// compose.yaml without a container engine: what it names is there, and its parts fit together.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { inRoot, readText } from '../repository.mjs';

const compose = parse(readText('deploy/compose.yaml'));
const { 'laser-serve': server, ...others } = compose.services;
const dockerfile = readText('Dockerfile');

test('every image has a version, and every mounted file is there', () => {
  for (const [name, { image, volumes }] of Object.entries(compose.services)) {
    assert.match(image, /:v?\d+\.\d+\.\d+$/, name);
    for (const [source] of volumes.map(volume => volume.replace(/\$\{\w+:-(.*?)\}/, '$1').split(':'))) {
      assert.ok(source.startsWith('.') ? existsSync(inRoot(`deploy/${source}`)) : source in compose.volumes, `${name}: ${source}`);
    }
  }
  assert.equal(Object.keys(others).length, 2);
});

test('the target is one of the Dockerfile, and ports are those that it exposes', () => {
  assert.match(dockerfile, new RegExp(`AS ${server.build.target}$`, 'm'));
  const exposed = dockerfile.match(/^EXPOSE (.*)$/m)[1].split(' ');
  server.ports.forEach(port => assert.ok(exposed.includes(port.split(':').pop()), port));
  Object.values(compose.services).flatMap(service => service.ports).forEach(port => assert.match(port, /^127\.0\.0\.1:/));
});

test('Prometheus asks the server by its name and port, Grafana asks Prometheus', () => {
  const [{ job_name, dns_sd_configs: [{ names, port }] }] = parse(readText('deploy/prometheus/prometheus.yml')).scrape_configs;
  assert.deepEqual([job_name, names], ['laser-serve', ['laser-serve']]);
  assert.ok(server.ports.some(mapping => mapping.endsWith(`:${port}`)));
  const [source] = parse(readText('deploy/grafana/datasource.yaml')).datasources;
  assert.ok(new URL(source.url).hostname in others);
  const folder = parse(readText('deploy/grafana/dashboards.yaml')).providers[0].options.path;
  assert.ok(others.grafana.volumes.some(volume => volume.split(':')[1].startsWith(`${folder}/`)));
});

test('the server has a read-only root and no capability, and time to drain', () => {
  assert.ok(server.read_only);
  assert.deepEqual(server.cap_drop, ['ALL']);
  assert.ok(parseInt(server.stop_grace_period) >= Number(server.environment.Laser__DrainSeconds) + 5);
});

test('both targets of the Dockerfile run as 1654, answer on the health port and take nothing by latest', () => {
  const stages = dockerfile.split(/^FROM /m).filter(stage => /AS (cpu|cuda)$/m.test(stage.split('\n')[0]));
  assert.equal(stages.length, 2);
  for (const stage of stages) {
    assert.match(stage, /^USER 1654:1654$/m);
    assert.match(stage, /HEALTHCHECK .* CMD \["\/app\/laser", "health", "--address", "http:\/\/127\.0\.0\.1:50052"\]/);
    assert.match(stage, /Laser__Health__Port=50052/);
    assert.match(stage, /^ENTRYPOINT \["\/app\/Laser\.Serve"\]$/m);
  }
  for (const [, image] of dockerfile.matchAll(/^ARG (?:SDK|RUNTIME|CUDA_RUNTIME)=(.*)$/gm)) {
    assert.match(image, /:\d+\.\d+\.\d+/);
  }
});
