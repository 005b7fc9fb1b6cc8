// Types on an emulator with --tls what docs/emulator.md says about az, and more, with the real az. Where az is not
// installed in the cache it is, from PyPI: a minute or two, and 700 MB. PODID_AZ names another az. The lines that want
// the extension aks-preview are left out where it cannot be had, which is told; PODID_AKS_PREVIEW names a wheel of it.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { documentedLines, moreLines } from './az-lines.mjs';

const version = '2.91.0';
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'podid-az', version);
const podid = fileURLToPath(new URL('../bin/podid.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'podid-az-'));
/** Nothing of the machine's own az is read or written. */
const environment = {
  ...process.env,
  PATH: `${folder}:${process.env.PATH}`,
  TMPDIR: folder,
  AZURE_EXTENSION_DIR: join(folder, 'extensions'),
  AZURE_CORE_COLLECT_TELEMETRY: 'no',
};

const az = process.env.PODID_AZ ?? installed();
if (az === undefined) {
  process.stdout.write('skipped: az needs python3 with venv (Debian: python3-venv) and PyPI\n');
  process.exitCode = process.env.CI === 'true' ? 1 : 0;
} else {
  const emulator = spawn(
    process.execPath,
    [podid, 'emulator', '--tls', '--write-env', join(folder, 'demo.env')],
    {
      stdio: 'ignore',
    },
  );
  try {
    await written(emulator);
    process.exitCode = await type(az);
  } finally {
    if (emulator.exitCode === null) {
      emulator.kill();
      await once(emulator, 'exit');
    }
  }
}
rmSync(folder, { recursive: true, force: true });

function installed() {
  const program = join(cache, 'bin/az');
  // Written last, so that an installation that ended half-way is not taken for one.
  const done = join(cache, 'installed');
  if (existsSync(done)) {
    return program;
  }
  process.stdout.write(`installing az ${version} into ${cache}\n`);
  mkdirSync(cache, { recursive: true });
  const pip = join(cache, 'bin/pip');
  const steps = [
    ['python3', '-m', 'venv', '--clear', cache],
    [pip, 'install', '--quiet', '--disable-pip-version-check', `azure-cli==${version}`],
  ];
  const isDone = steps.every(([file, ...words]) => spawnSync(file, words, { stdio: 'inherit' }).status === 0);
  if (!isDone) {
    return undefined;
  }
  writeFileSync(done, '');
  return program;
}

/** Waits for the file that the emulator writes once it listens. */
async function written(emulator) {
  while (!existsSync(join(folder, 'demo.env'))) {
    if (emulator.exitCode !== null) {
      throw new Error(`the emulator ended with ${emulator.exitCode}`);
    }
    await delay(50);
  }
}

/** One shell types all lines, as a reader does. @returns the exit code */
async function type(program) {
  const { signIn, withExtension } = documentedLines();
  const world = `"$PODID_ARM_ENDPOINT/_podid/world" -X PUT -d '{"settings": {"retryAfterSec": 1}}'`;
  const key = '--cacert "$NODE_EXTRA_CA_CERTS" -H "podid-emulator-key: $PODID_EMULATOR_KEY"';
  const lines = [
    ['. ./demo.env', ''],
    [`curl -fsS -o /dev/null ${key} ${world}`, ''],
    ...signIn.map((line, index) => [line, index === signIn.length - 1 ? '"enabled": true' : '']),
    ...(hasExtension(program) ? withExtension.map((line) => [line, '']) : []),
    ...moreLines,
  ];
  writeFileSync(join(folder, 'az'), `#!/bin/sh\nexec "${program}" "$@"\n`, { mode: 0o755 });
  writeFileSync(join(folder, 'podid'), `#!/bin/sh\nexec "${process.execPath}" "${podid}" "$@"\n`, {
    mode: 0o755,
  });
  // A line's output goes through a file: a subshell would lose what it exports.
  const script = lines.map(([line]) => `${line} >told 2>&1; printf '%s\\0%s\\0' $? "$(cat told)"`);
  const shell = spawn('bash', ['-c', script.join('\n')], {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return count(lines, shell.stdout);
}

async function count(lines, output) {
  let rest = '';
  let failed = 0;
  let at = 0;
  for await (const chunk of output.setEncoding('utf8')) {
    rest += chunk;
    for (let parts = rest.split('\0'); parts.length > 2; parts = rest.split('\0')) {
      const [code, text] = parts;
      rest = parts.slice(2).join('\0');
      const [line, said] = lines[at];
      const held = code === '0' && text.includes(said);
      failed += held ? 0 : 1;
      at += 1;
      process.stdout.write(
        held ? `ok  ${line}\n` : `NOT ${line}\n    exit ${code}, not ${JSON.stringify(said)}:\n${text}\n`,
      );
    }
  }
  failed += lines.length - at;
  process.stdout.write(`${lines.length - failed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}

function hasExtension(program) {
  const wheel = process.env.PODID_AKS_PREVIEW;
  const from = wheel === undefined ? ['--name', 'aks-preview'] : ['--source', wheel];
  const { status } = spawnSync(program, ['extension', 'add', ...from, '--yes'], {
    env: { ...environment, AZURE_CONFIG_DIR: join(folder, 'config') },
    stdio: 'ignore',
  });
  if (status !== 0) {
    process.stdout.write(
      'left out: the lines that want the extension aks-preview, which cannot be had here\n',
    );
  }
  return status === 0;
}
