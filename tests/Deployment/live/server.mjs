// The server of this build, started as a process of its own on free ports.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { inRoot } from '../repository.mjs';

export const cli = inRoot('artifacts/bin/Laser.Cli/release/laser');
const program = inRoot('artifacts/bin/Laser.Cli/release/Laser.Serve');

/** Starts a server with the settings given as environment; its addresses, once its model is loaded. */
export async function startServer(environment = {}) {
  if (!existsSync(program)) {
    throw new Error('no server: dotnet build -c Release');
  }
  const process = spawn(program, [], { env: { ...globalThis.process.env, ...environment, Laser__Grpc__Port: '0', Laser__Http__Port: '0', Laser__Health__Port: '0' } });
  const exit = new Promise(resolve => process.on('exit', (code, signal) => resolve(signal ?? code)));
  const found = {}, errors = [];
  process.stderr.on('data', data => errors.push(data));
  await new Promise((resolve, reject) => {
    exit.then(code => reject(new Error(`the server ended with ${code}: ${errors.join('')}`)));
    createInterface({ input: process.stdout }).on('line', line => {
      const all = line.match(/gRPC on (http\S*:\d+).* on (http\S*:\d+)/), health = line.match(/nothing else, on (http\S*:\d+)/);
      if (all) {
        [found.grpc, found.http] = [all[1], all[2]].map(onLoopback);
      }
      if (health) {
        found.health = onLoopback(health[1]);
        resolve();
      }
    });
  });
  await until(async () => (await fetch(`${found.http}/readyz`)).ok);
  return { ...found, process, exit, stop: () => { process.kill('SIGTERM'); return exit; } };
}

/** A port that was free a moment ago. */
export const freePort = () => new Promise(resolve => {
  const socket = createServer().listen(0, '127.0.0.1', () => {
    const { port } = socket.address();
    socket.close(() => resolve(port));
  });
});

/** Asks again and again, for at most a minute or so. */
export async function until(ask, seconds = 90) {
  for (const end = Date.now() + 1000 * seconds; ;) {
    const answer = await Promise.resolve().then(ask).catch(error => ({ error }));
    if (answer && !answer.error) {
      return answer;
    }
    if (Date.now() > end) {
      throw answer?.error ?? new Error('it did not come about');
    }
    await new Promise(resolve => setTimeout(resolve, 250));
  }
}

const onLoopback = address => address.replace(/0\.0\.0\.0|\[::\]/, '127.0.0.1');
