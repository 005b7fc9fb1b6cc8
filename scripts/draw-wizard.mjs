// Draws docs/images/init.svg: podid init against the emulator, as it stands in a real terminal at its last
// question. Wants tmux and a build.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { drawTerminal } from './draw-terminal.mjs';

const columns = 100;
const picture = new URL('../docs/images/init.svg', import.meta.url);
const folder = await mkdtemp(join(tmpdir(), 'podid-picture-'));
const envFile = join(folder, 'env');
const socket = `podid-picture-${process.pid}`;
const tmux = (...words) =>
  execFileSync('tmux', ['-L', socket, '-f', '/dev/null', ...words], { encoding: 'utf8' });
// Without the dashes node would take --env-file for its own.
const emulator = spawn(
  process.execPath,
  ['--', 'bin/podid.js', 'emulator', '--scenario', 'first-time', '--env-file', envFile],
  { stdio: 'ignore' },
);
try {
  await until(() => readFile(envFile, 'utf8').catch(() => ''), 'PODID_ARM_ENDPOINT');
  const command = `. ${envFile}; export PODID_NO_NOTICE=1; ${process.execPath} bin/podid.js init; exec cat`;
  tmux('new-session', '-d', '-s', 'w', '-x', String(columns), '-y', '40', 'sh', '-c', command);
  const answers = [
    ['Cluster:', 'Enter'],
    ['add-on is off', 'Enter'],
    ['Managed identity:', 'Enter'],
    ['Namespace of the pods:', 'Down', 'Enter'],
    ['Name of the pod identity:', 'Enter'],
    ['label aadpodidbinding:', 'Enter'],
    ['Shall podid do that?'],
  ];
  for (const [question, ...keys] of answers) {
    await until(() => tmux('capture-pane', '-p', '-t', 'w'), question);
    for (const key of keys) {
      tmux('send-keys', '-t', 'w', key);
      await pause(200);
    }
  }
  await writeFile(
    picture,
    drawTerminal(tmux('capture-pane', '-p', '-e', '-t', 'w'), { columns, title: 'podid init' }),
  );
  console.log(`Drew ${picture.pathname}.`);
} finally {
  try {
    tmux('kill-server');
  } catch {
    // It never came up.
  }
  emulator.kill();
  await rm(folder, { recursive: true, force: true });
}

async function until(read, shown) {
  for (let tries = 0; tries < 200; tries++) {
    if ((await read()).includes(shown)) {
      return;
    }
    await pause(100);
  }
  throw new Error(`The terminal never showed "${shown}".`);
}
