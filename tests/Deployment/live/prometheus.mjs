// Debian's Prometheus, with the configuration of deploy/ but for where the server is and how often it is asked.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { inRoot, readText } from '../repository.mjs';
import { freePort, until } from './server.mjs';

export const noPrometheus = spawnSync('prometheus', ['--version']).status === 0 ? false : 'prometheus is not on the PATH';

export async function startPrometheus(target) {
  const folder = mkdtempSync(join(tmpdir(), 'laser-prometheus-')), port = await freePort();
  const config = parse(readText('deploy/prometheus/prometheus.yml'));
  config.global = { scrape_interval: '1s', evaluation_interval: '1s' };
  config.rule_files = config.rule_files.map(file => inRoot(`deploy/prometheus/${file}`));
  config.scrape_configs = config.scrape_configs.map(({ job_name }) => ({ job_name, static_configs: [{ targets: [target] }] }));
  writeFileSync(join(folder, 'prometheus.yml'), stringify(config));
  const process = spawn('prometheus', [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`,
    `--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' });
  const exit = new Promise(resolve => process.on('exit', resolve));
  const ask = async path => {
    const answer = await (await fetch(`http://127.0.0.1:${port}/api/v1/${path}`)).json();
    if (answer.status !== 'success') {
      throw new Error(`${decodeURIComponent(path)}: ${answer.error}`);
    }
    return answer.data;
  };
  const stop = async () => {
    process.kill('SIGTERM');
    await exit;
    rmSync(folder, { recursive: true });
  };
  try {
    await until(() => fetch(`http://127.0.0.1:${port}/-/ready`).then(answer => answer.ok));
  } catch (error) {
    await stop();
    throw error;
  }
  return { query: async expression => (await ask(`query?query=${encodeURIComponent(expression)}`)).result, ask, stop };
}
