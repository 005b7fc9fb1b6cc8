import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { clusterWith } from '../../workflows/fake-azure.ts';
import { run, subscriptionId } from '../fake-context.ts';

const folders: string[] = [];
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podid-state-'));
  folders.push(folder);
});
afterAll(() => Promise.all(folders.map((each) => rm(each, { recursive: true, force: true }))));

const day = 24 * 3_600_000;

async function list(
  options: { nowMs?: number; env?: Record<string, string>; terminal?: boolean; more?: string } = {},
) {
  const line = `list -g demo -c demo --subscription ${subscriptionId} ${options.more ?? ''}`;
  const ran = await run(line, {
    cluster: clusterWith(),
    terminal: options.terminal ?? true,
    env: { XDG_STATE_HOME: folder, ...options.env },
    context: {
      clock: {
        now: () => options.nowMs ?? 1e12,
        monotonic: () => 0,
        random: () => 0,
        sleep: async () => undefined,
      },
    },
  });
  expect(ran.exitCode, ran.stderr).toBe(0);
  return ran.stderr.includes('September 2025');
}

describe('the note on the retirement', () => {
  it('is printed once a day', async () => {
    expect(await list()).toBe(true);
    expect(await list({ nowMs: 1e12 + 3_600_000 })).toBe(false);
    expect(await list({ nowMs: 1e12 + day })).toBe(true);
    expect(await readdir(join(folder, 'podid'))).toHaveLength(1);
  });

  it('is printed by one of several processes that end at once', async () => {
    const told = await Promise.all(Array.from({ length: 8 }, () => list()));
    expect(told.filter(Boolean)).toHaveLength(1);
  });

  it.each([
    ['without a terminal', { terminal: false }],
    ['in CI', { env: { CI: 'true' } }],
    ['in Azure Pipelines', { env: { TF_BUILD: 'True' } }],
    ['under PODID_NO_NOTICE', { env: { PODID_NO_NOTICE: '1' } }],
    ['under --only-show-errors', { more: '--only-show-errors' }],
    ['where it cannot be remembered', { env: { XDG_STATE_HOME: '/dev/null' } }],
    ['without a home', { env: { XDG_STATE_HOME: '' } }],
  ])('is not printed %s', async (_, options) => {
    expect(await list(options)).toBe(false);
  });

  it('is not printed by a command that has nothing to do with a cluster', async () => {
    const ran = await run('completion bash', { terminal: true, env: { XDG_STATE_HOME: folder } });
    expect(ran.stderr).toBe('');
  });
});
