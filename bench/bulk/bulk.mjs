// 200 pod identities whose roles are missing, applied as one file against the emulator at the pace of
// recorded Azure traffic, on its clock, beside 200 commands of az. az itself is not run: a PUT took it 55 to
// 105 s there, one a command, and nothing else is counted.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { controlOf, environmentOf } from '../emulated.mjs';

const podid = fileURLToPath(new URL('../../bin/podid.js', import.meta.url));
const count = 200;
/** Emulated seconds in a real one. */
const speed = 20;
const secondsOfAz = [55, 105];

export async function bench() {
  const folder = await mkdtemp(join(tmpdir(), 'podid-bench-'));
  const words = ['emulator', '--only-show-errors', '--time', String(1 / speed)];
  const emulator = spawn(process.execPath, [podid, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const env = await environmentOf(emulator);
    const control = controlOf(env);
    await control('world', 'PUT', {
      identities: Array.from({ length: count }, (_, at) => identity(at, env)),
    });
    const file = join(folder, 'pod-identities.json');
    await writeFile(file, JSON.stringify(fileOf(env)));
    // The default of 5 s, on the emulator's clock.
    const command = ['apply', '-f', file, '--no-mirror', '--poll-interval', `${5000 / speed}ms`];
    const first = await measured(control, () => run(command, env));
    const again = await measured(control, () => run(command, env));
    print(first, again);
  } finally {
    await ended(emulator);
    await rm(folder, { recursive: true, force: true });
  }
}

function idOf(at, env) {
  const scope = `/subscriptions/${env['AZURE_SUBSCRIPTION_ID']}/resourceGroups/${env['PODID_RESOURCE_GROUP']}`;
  return `${scope}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/bulk-${at}`;
}

function identity(at, env) {
  const digits = String(at).padStart(12, '0');
  const properties = {
    clientId: `10000000-0000-4000-8000-${digits}`,
    principalId: `20000000-0000-4000-8000-${digits}`,
  };
  return { id: idOf(at, env), name: `bulk-${at}`, location: 'westeurope', properties };
}

function fileOf(env) {
  const identities = Array.from({ length: count }, (_, at) => ({
    name: `bulk-${at}`,
    namespace: 'demo',
    identityResourceId: idOf(at, env),
  }));
  return { apiVersion: 'podid.io/v1', kind: 'PodIdentities', identities };
}

/** One that has ended by itself says so no more. */
async function ended(child) {
  if (child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  await exit;
}

async function measured(control, work) {
  await control('requests', 'DELETE');
  const before = await control('clock');
  await work();
  const after = await control('clock');
  const requests = await control('requests');
  const counted = (operation) => requests.filter((request) => request.operation === operation).length;
  return {
    minutes: (after.now - before.now) / 60_000,
    puts: counted('clusters.put'),
    roles: counted('roleAssignments.put'),
    requests: requests.length,
  };
}

function run(args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [podid, ...args, '--only-show-errors', '-o', 'none'], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`podid exited ${code}: ${stderr}`)),
    );
  });
}

function print(first, again) {
  const az = secondsOfAz.map((seconds) => (count * seconds) / 60);
  console.log(`${count} pod identities, none of their roles granted, in minutes of Azure's clock.\n`);
  console.log('| way | PUTs of the cluster | roles granted | requests | minutes |\n|---|---|---|---|---|');
  const row = (name, { puts, roles, requests, minutes }) =>
    console.log(`| \`${name}\` | ${puts} | ${roles} | ${requests} | ${minutes.toFixed(1)} |`);
  row('podid apply', first);
  row('podid apply, again', again);
  console.log(
    `| 200 × \`az aks pod-identity add\` | ${count} | ${count} | | ${az.map((minutes) => minutes.toFixed(0)).join('–')} |`,
  );
  const ratios = az.map((minutes) => (minutes / first.minutes).toFixed(0));
  console.log(`\nOne apply is ${ratios.join(' to ')} times as fast as the loop.`);
  if (first.puts > 2 || first.minutes >= 5 || again.puts > 0) {
    throw new Error('The promise is at most two PUTs, under five minutes, and no PUT the second time.');
  }
}
