// What the chart gives the server, given to a server.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { server as deployment, serverContainer } from '../chart/assertions.mjs';
import { noHelm, render } from '../chart/helm.mjs';
import { cli, startServer } from './server.mjs';

describe('the chart and the server', { skip: noHelm }, () => {
  test('settings are taken, probes are answered, the test generates, and SIGTERM drains', async () => {
    const manifests = render(), container = serverContainer(manifests);
    const server = await startServer(Object.fromEntries(container.env.map(({ name, value }) => [name, value])));
    try {
      for (const kind of ['startup', 'readiness', 'liveness']) {
        const { service } = container[`${kind}Probe`].grpc;
        const { status, stderr } = spawnSync(cli, ['health', '--address', server.health, '--service', service], { encoding: 'utf8' });
        assert.equal(status, 0, `${kind}: ${stderr}`);
      }

      const hook = manifests.find(manifest => manifest.kind === 'Pod').spec.containers[0];
      assert.deepEqual(hook.command, ['/app/laser']);
      const address = hook.args[hook.args.indexOf('--address') + 1];
      const { status, stderr } = spawnSync(cli, hook.args.map(arg => arg === address ? server.grpc : arg), { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
    } finally {
      server.process.kill('SIGTERM');
    }

    assert.equal(await server.exit, 0);
    assert.ok(deployment(manifests).spec.template.spec.terminationGracePeriodSeconds > 0);
  });
});
