// Tries an installed podid as a new user would, without Azure: its version, the agent's help, and on its own emulator an
// identity that is added and listed, and a pod's token. The words are the command that starts podid:
//   node scripts/try-podid.mjs release/podid
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [command, ...first] = process.argv.slice(2);
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const identity =
  '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web';
const folder = mkdtempSync(join(tmpdir(), 'podid-try-'));
/** Windows has no groups of processes that end together. */
const hasGroups = process.platform !== 'win32';
let emulator;
try {
  expect('--version', podid(['--version']).includes(version));
  expect('nmi --help', podid(['nmi', '--help']).includes('Usage: podid nmi'));
  const env = await startEmulator();
  podid(['add', '--namespace', 'demo', '--name', 'web', '--identity-resource-id', identity], env);
  expect(
    'list',
    JSON.parse(podid(['list', '-o', 'json'], env)).some(({ name }) => name === 'web'),
  );
  const token = JSON.parse(podid(['token', '--emulated-pod', 'demo/web', '-o', 'json'], env));
  expect('token', token.identityResourceId.endsWith('/web') && token.expiresInSec > 0);
} finally {
  await endEmulator();
  rmSync(folder, { recursive: true, force: true });
}

async function endEmulator() {
  if (emulator !== undefined && emulator.exitCode === null) {
    const ended = once(emulator, 'exit');
    if (hasGroups) {
      process.kill(-emulator.pid);
    } else {
      emulator.kill();
    }
    await ended;
  }
}

function podid(args, more = {}) {
  const { status, error, stdout, stderr } = spawnSync(command, [...first, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...more },
  });
  if (status !== 0) {
    throw error ?? new Error(`podid ${args.join(' ')} ended with ${status}:\n${stderr}`);
  }
  return stdout;
}

function expect(what, holds) {
  if (!holds) {
    throw new Error(`podid ${what} printed something else than it should`);
  }
  console.log(`${what}: as it should be`);
}

/** Until the words come; what is said goes on to stderr. */
async function saying(stream, words) {
  let said = '';
  for await (const text of stream.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    process.stderr.write(text);
    said += text;
    if (said.includes(words)) {
      stream.resume();
      return;
    }
  }
}

/** The lines of its file are complete when it says that it listens. */
async function startEmulator() {
  const file = join(folder, 'emulator.env');
  emulator = spawn(command, [...first, 'emulator', '--write-env', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // A command that starts podid, such as npx, need not end it.
    detached: hasGroups,
  });
  await Promise.race([
    saying(emulator.stderr, 'The emulator listens on'),
    once(emulator, 'close').then(() => Promise.reject(new Error('the emulator did not start'))),
  ]);
  const lines = readFileSync(file, 'utf8').matchAll(/^export ([A-Z_]+)=(?:'(.*)'|([^'"$\n]*))$/gm);
  return Object.fromEntries([...lines].map(([, name, quoted, plain]) => [name, quoted ?? plain]));
}
