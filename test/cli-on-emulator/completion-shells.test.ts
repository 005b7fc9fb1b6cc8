import { execFile, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import { root } from '../architecture/source-files.ts';

const execute = promisify(execFile);
const has = (shell: string) => spawnSync(shell, ['--version']).status === 0;

let emulator: Emulator;
let folder = '';
let env: Record<string, string> = {};

beforeAll(async () => {
  emulator = await startEmulator();
  folder = await mkdtemp(join(tmpdir(), 'podid-shells-'));
  await program('podid', `exec ${process.execPath} ${join(root, 'bin/podid.js')} "$@"`);
  env = {
    ...emulator.environment,
    PATH: `${folder}:${process.env['PATH']}`,
    HOME: folder,
    XDG_CACHE_HOME: join(folder, 'cache'),
    // What is tested here is what comes, on a machine that may be busy; the limit has a test of its own.
    PODID_COMPLETION_TIMEOUT: '20',
  };
});
afterAll(async () => {
  await emulator.stop();
  await rm(folder, { recursive: true, force: true });
});

async function program(name: string, line: string): Promise<void> {
  await writeFile(join(folder, name), `#!/bin/sh\n${line}\n`);
  await chmod(join(folder, name), 0o755);
}

/** A program that never answers, and says who it is. */
async function hanging(): Promise<void> {
  await rm(join(folder, 'pid'), { force: true });
  await program('hanging', `echo $$ > ${join(folder, 'pid')}; exec tail -f /dev/null`);
}

/** Where no shell has ended it. @throws when it never ran */
async function endHanging(): Promise<void> {
  try {
    process.kill(Number(await readFile(join(folder, 'pid'), 'utf8')));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) {
      throw error;
    }
  }
}

async function inShell(shell: string, script: string, more: Record<string, string> = {}): Promise<string[]> {
  const flags = shell === 'bash' ? ['--norc'] : shell === 'zsh' ? ['-f'] : ['--no-config'];
  const { stdout } = await execute(shell, [...flags, '-c', script], { env: { ...env, ...more } });
  return stdout.split('\n').filter((line) => line !== '');
}

/** Words as bash splits them, the last one being typed. */
function inBash(...words: string[]): Promise<string[]> {
  const list = ['podid', ...words].map((word) => `'${word}'`).join(' ');
  return inShell(
    'bash',
    `eval "$(podid completion bash)"; COMP_WORDS=(${list}); COMP_CWORD=${words.length}; _podid podid; printf '%s\\n' "\${COMPREPLY[@]}"`,
  );
}

describe('in bash', () => {
  it('Tab completes commands, flags and values', async () => {
    expect(await inBash('excep')).toEqual(['exception']);
    expect(await inBash('add', '--namesp')).toEqual(['--namespace']);
    expect(await inBash('list', '--output', '=', 'ts')).toEqual(['tsv']);
  });

  it('Tab completes live names, once a process of its own has asked Azure', async () => {
    await execute('podid', ['add', '--namespace', 'demo', '--name', 'web', '--identity-resource-id', webId], {
      env: { ...env, PODID_POLL_INTERVAL: '10ms' },
    });
    const live = async (expected: string[], ...words: string[]) =>
      vi.waitFor(async () => expect(await inBash(...words)).toEqual(expected), {
        timeout: 40_000,
        interval: 200,
      });
    await live(['demo'], 'list', '-c', 'de');
    await live(['demo-rg'], 'list', '-g', '');
    await live(['demo'], 'add', '--namespace', 'dem');
    await live(['web'], 'show', '--namespace', 'demo', '--name', '');
  });

  it.each([
    ['as it is', 'cat'],
    ['older than 4', "sed 's/BASH_VERSINFO\\[0\\] >= 4/0/'"],
  ])('%s, Tab never waits for a podid that hangs', async (_, edit) => {
    await hanging();
    const script = `eval "$(podid completion bash | ${edit})"; COMP_WORDS=(hanging add ''); COMP_CWORD=2; start=$EPOCHREALTIME; _podid hanging; echo "\${#COMPREPLY[@]} $(( (\${EPOCHREALTIME/[.,]/} - \${start/[.,]/}) / 1000 ))"`;
    const [answer = ''] = await inShell('bash', script, { PODID_COMPLETION_TIMEOUT: '0.3' });
    await endHanging();
    const [candidates, tookMs] = answer.split(' ').map(Number);
    expect(candidates).toBe(0);
    expect(tookMs).toBeLessThan(2000);
  });

  it('older than 4, Tab completes commands all the same', async () => {
    const script = `eval "$(podid completion bash | sed 's/BASH_VERSINFO\\[0\\] >= 4/0/')"; COMP_WORDS=(podid excep); COMP_CWORD=1; _podid podid; printf '%s\\n' "\${COMPREPLY[@]}"`;
    expect(await inShell('bash', script)).toEqual(['exception']);
  });
});

const webId =
  '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web';

describe.skipIf(!has('fish'))('in fish', () => {
  const inFish = (line: string) => inShell('fish', `podid completion fish | source; complete -C '${line}'`);

  it('Tab completes commands, flags and values', async () => {
    expect(await inFish('podid excep')).toEqual(['exception\tpods that pod identity leaves alone']);
    expect(await inFish('podid add --namesp')).toEqual(['--namespace\tthe namespace of the pods']);
    expect(await inFish('podid list --output=ts')).toEqual(['--output=tsv']);
    await hanging();
    expect(await inFish(`podid disable --export ${folder}/hang`)).toEqual([`${folder}/hanging`]);
  });

  it.runIf(has('timeout'))('Tab never waits for a podid that hangs', async () => {
    await hanging();
    // One that hangs in the place of podid, once its script is there.
    const script = `podid completion fish > ${folder}/podid.fish; source ${folder}/podid.fish; mkdir -p ${folder}/first; cp ${folder}/hanging ${folder}/first/podid; set -x PATH ${folder}/first $PATH; complete -C 'podid '; echo ended`;
    const startedAt = performance.now();
    const lines = await inShell('fish', script, { PODID_COMPLETION_TIMEOUT: '0.3' });
    await endHanging();
    expect(lines).toEqual(['ended']);
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });
});

describe.skipIf(!has('zsh'))('in zsh', () => {
  it('Tab completes commands and flags on a terminal', async () => {
    const lines = await inShell(
      'zsh',
      `zmodload zsh/zpty
zpty z 'zsh -f -i'
zpty -w z "PS1='ready>'; autoload -Uz compinit; compinit -u -d ${folder}/dump; source <(podid completion zsh); print done''loading"
zpty -r z out '*doneloading*ready>*'
zpty -w -n z $'podid excep\\t'
zpty -r z out '*podid exception *'
zpty -w -n z $'list --raw\\t'
zpty -r z out '*--raw-cluster*'
zpty -d z
print -r -- "completed"`,
    );
    expect(lines).toContain('completed');
  });

  it('Tab never waits for a podid that hangs', async () => {
    await hanging();
    const lines = await inShell(
      'zsh',
      `podid completion zsh > ${folder}/podid.zsh; mkdir -p ${folder}/before; cp ${folder}/hanging ${folder}/before/podid
zmodload zsh/zpty
zpty z 'zsh -f -i'
zpty -w z "PS1='ready>'; PATH=${folder}/before:$PATH; autoload -Uz compinit; compinit -u -d ${folder}/dump; source ${folder}/podid.zsh; print done''loading"
zpty -r z out '*doneloading*ready>*'
zpty -w -n z $'podid \\t\\x15print on\\'\\'ward\\n'
zpty -r z out '*onward*ready>*'
zpty -d z
print -r -- "went on"`,
      { PODID_COMPLETION_TIMEOUT: '0.3' },
    );
    await endHanging();
    expect(lines).toContain('went on');
  });
});
