// How long the command line takes to start and to list, beside a bare `node -e 0`, run in turns so that all
// meet the same load.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const rounds = 25;
const podid = fileURLToPath(new URL('../../bin/podid.js', import.meta.url));

export async function bench() {
  const folder = await mkdtemp(join(tmpdir(), 'podid-bench-'));
  const envFile = join(folder, 'env');
  const emulator = spawn(process.execPath, [podid, 'emulator', '--write-env', envFile], { stdio: 'ignore' });
  try {
    const env = { ...process.env, ...(await readEnvFile(envFile)), XDG_CACHE_HOME: folder };
    const candidates = {
      'node -e 0': ['-e', '0'],
      'podid --help': [podid, '--help'],
      'Tab in a shell': [podid, '__complete', 'bash', 'list', '-c', ''],
      'podid list -o json': [podid, 'list', '-g', 'demo-rg', '-c', 'demo', '-o', 'json'],
    };
    const times = Object.fromEntries(Object.keys(candidates).map((name) => [name, []]));
    for (let round = -2; round < rounds; round++) {
      for (const [name, args] of Object.entries(candidates)) {
        const ms = timed(args, env);
        if (round >= 0) {
          times[name].push(ms);
        }
      }
    }
    print(times);
  } finally {
    const ended = new Promise((resolve) => emulator.once('exit', resolve));
    emulator.kill();
    await ended;
    await rm(folder, { recursive: true, force: true });
  }
}

function timed(args, env) {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { env });
  if (status !== 0) {
    throw new Error(`node ${args.join(' ')} exited ${status}: ${stderr}`);
  }
  return performance.now() - start;
}

async function readEnvFile(path) {
  const endsAt = performance.now() + 60_000;
  for (;;) {
    const text = await readFile(path, 'utf8').catch(() => '');
    if (text !== '') {
      return Object.fromEntries(
        [...text.matchAll(/^export (\w+)='?([^'\n]*)'?$/gm)].map(([, key, value]) => [key, value]),
      );
    }
    if (performance.now() > endsAt) {
      throw new Error('The emulator did not start.');
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function print(times) {
  const bare = median(times['node -e 0']);
  console.log(`Median of ${rounds} runs, in turns.\n`);
  console.log('| command | minimum | median | above bare Node |\n|---|---|---|---|');
  for (const [name, runs] of Object.entries(times)) {
    console.log(
      `| \`${name}\` | ${Math.min(...runs).toFixed(0)} ms | ${median(runs).toFixed(0)} ms | ${(median(runs) - bare).toFixed(0)} ms |`,
    );
  }
}

function median(runs) {
  return runs.toSorted((one, other) => one - other)[Math.floor(runs.length / 2)];
}
