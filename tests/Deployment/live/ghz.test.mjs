// The ghz profiles, without ghz: its names are known, and each request of a profile is sent once, as ghz would fill it in.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { credentials, loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { inRoot, readText } from '../repository.mjs';
import { cli, freePort, startServer } from './server.mjs';

const options = new Set(['name', 'call', 'proto', 'import-paths', 'host', 'insecure', 'total', 'skipFirst', 'concurrency', 'connections', 'timeout',
  'duration', 'duration-stop', 'rps', 'async', 'load-schedule', 'load-start', 'load-step', 'load-end', 'load-step-duration', 'data']);
const values = { RequestNumber: 3, UUID: '00000000-0000-4000-8000-000000000000', WorkerID: 'g1c2' };

/** What ghz makes of the templates that the profiles use; another one is an error. */
const fill = text => text.replace(/\{\{(.*?)\}\}/g, (_, name) => {
  if (name === 'randomString 200') {
    return 'q'.repeat(200);
  }
  assert.ok(name.slice(1) in values, `ghz has no ${name}`);
  return values[name.slice(1)];
});

function send(address, profile, message) {
  const types = loadSync(inRoot(profile.proto), { includeDirs: profile['import-paths'].map(inRoot), keepCase: true });
  const [service, method] = profile.call.split('/');
  const Client = service.split('.').reduce((parent, name) => parent[name], loadPackageDefinition(types));
  const { requestType, responseStream } = Client.service[method];
  assertFields(message, requestType.type.field, types, 'request');
  const client = new Client(address.replace('http://', ''), credentials.createInsecure());
  return new Promise((resolve, reject) => {
    if (!responseStream) {
      client[method](message, (error, answer) => error ? reject(error) : resolve([answer]));
      return;
    }
    const answers = [];
    client[method](message).on('data', answer => answers.push(answer)).on('end', () => resolve(answers)).on('error', reject);
  }).finally(() => client.close());
}

// grpc-js drops what the message does not have; ghz would refuse it.
function assertFields(message, fields, types, path) {
  for (const [name, value] of Object.entries(message)) {
    const field = fields.find(known => known.name === name);
    assert.ok(field, `${path} has no field ${name}`);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      assertFields(value, types[`laser.serve.v1.${field.typeName.split('.').pop()}`].type.field, types, `${path}.${name}`);
    }
  }
}

describe('against a server', () => {
  let server;
  before(async () => { server = await startServer(); });
  after(() => server?.stop());

  for (const file of readdirSync(inRoot('deploy/ghz')).filter(name => name.endsWith('.json'))) {
    test(`deploy/ghz/${file}`, async () => {
      const profile = JSON.parse(readText(`deploy/ghz/${file}`));
      assert.deepEqual(Object.keys(profile).filter(option => !options.has(option)), []);
      assert.ok(profile.connections <= profile.concurrency);
      for (const message of [profile.data].flat()) {
        const answers = await send(server.grpc, profile, JSON.parse(fill(JSON.stringify(message))));
        assert.ok(answers.length > 0 && answers.some(answer => answer.finish || answer.sequences?.length > 0));
      }
    });
  }

  test('laser health: 0 where it serves, 1 where it does not', async () => {
    const ask = (...args) => spawnSync(cli, ['health', '--address', ...args], { encoding: 'utf8' });
    for (const service of ['readiness', 'liveness', '', 'laser.serve.v1.Generation']) {
      const { status, stdout, stderr } = ask(server.health, '--service', service);
      assert.deepEqual([status, stdout.trim()], [0, 'Serving'], stderr);
    }
    assert.equal(ask(server.grpc).status, 0);
    const unknown = ask(server.health, '--service', 'nobody');
    assert.deepEqual([unknown.status, /NotFound/.test(unknown.stderr)], [1, true]);
    const absent = ask(`http://127.0.0.1:${await freePort()}`);
    assert.deepEqual([absent.status, /Unavailable/.test(absent.stderr)], [1, true]);
  });
});
