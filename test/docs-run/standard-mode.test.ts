import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const cleanUps: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) {
    await cleanUp();
  }
});

/** What a document has a reader type: what goes before in each terminal, and then a block for each. */
async function terminalsOf(path: string, heading: string): Promise<string[]> {
  const text = await readFile(join(root, path), 'utf8');
  const section = text.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';
  return [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
}

/** As a checkout: what is typed there finds podid's programs in `bin`. */
async function folderWithPrograms(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'podid-docs-'));
  cleanUps.push(() => rm(folder, { recursive: true, force: true }));
  await symlink(join(root, 'bin'), join(folder, 'bin'));
  return folder;
}

interface Terminal {
  readonly shell: ChildProcess;
  readonly text: () => string;
}

/** A shell and what it starts are a group of their own, which ends with the test. */
function type(lines: string, folder: string): Terminal {
  const env = { ...process.env, PODID_POLL_INTERVAL: '50ms' };
  // A shell that somebody types in expands aliases; a script's does not, unless it is told.
  const shell = spawn('bash', ['-O', 'expand_aliases', '-euc', lines], { cwd: folder, env, detached: true });
  let text = '';
  for (const stream of [shell.stdout, shell.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
  }
  cleanUps.push(async () => {
    if (shell.exitCode === null && shell.signalCode === null) {
      process.kill(-(shell.pid ?? 0), 'SIGTERM');
      await once(shell, 'close');
    }
  });
  return { shell, text: () => text };
}

async function shows({ text }: Terminal, words: string): Promise<void> {
  const endsAt = performance.now() + 30_000;
  while (!text().includes(words)) {
    if (performance.now() > endsAt) {
      throw new Error(`"${words}" did not come in time: ${text()}`);
    }
    await new Promise((done) => setTimeout(done, 20));
  }
}

describe('the first use of podid-mic, as docs/mic.md tells it', () => {
  it('puts the identities on the machines, and ends with tokens of both', async () => {
    const folder = await folderWithPrograms();
    const [alias = '', emulator = '', controller = '', asker = ''] = await terminalsOf(
      'docs/mic.md',
      'On your own machine',
    );
    await shows(type(alias + emulator, folder), 'The emulator listens');
    const mic = type(alias + controller, folder);
    await shows(mic, 'a change of a machine was sent');
    expect(mic.text()).toMatch(/^create +AzureAssignedIdentity demo\/web-1-demo-web \(Created\)$/m);
    const asked = type(alias + asker, folder);
    const [code] = (await once(asked.shell, 'close')) as [number];
    expect(code, asked.text()).toBe(0);
    const clientIds = [...asked.text().matchAll(/"clientId": "([^"]+)"/g)].map(([, id]) => id);
    expect(clientIds).toEqual([
      '00000000-0000-4000-8000-0000c11e0001',
      '00000000-0000-4000-8000-0000c11e0002',
    ]);
    const listed = type(`${alias}. ./demo.env; podid node list -o json`, folder);
    await once(listed.shell, 'close');
    const names = [...listed.text().matchAll(/userAssignedIdentities\/([\w-]+)"/g)].map(([, name]) => name);
    expect(names).toEqual(['demo-agentpool', 'web', 'jobs', 'demo-agentpool', 'jobs']);
  });
});
