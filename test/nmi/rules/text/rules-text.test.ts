import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  keepRulesText,
  rulesTextFile,
  rulesTextInMemory,
} from '../../../../src/nmi/rules/text/rules-text.ts';
import { until } from '../../../nmi-on-emulator/agent-world.ts';

function keeper(list: () => Promise<string>, waits: number[] = []) {
  const text = rulesTextInMemory();
  const messages: string[] = [];
  let nowMs = 0;
  const say = (_facts: object, message: string) => void messages.push(message);
  const refresh = keepRulesText({
    list,
    text,
    clock: { now: () => nowMs, monotonic: () => nowMs, sleep: async (ms) => void waits.push(ms) },
    signal: new AbortController().signal,
    logger: { debug: say, info: say, warn: say, error: say },
  });
  return { text, messages, refresh, pass: (ms: number) => (nowMs += ms) };
}

async function readOnce() {
  let listed = 0;
  const kept = keeper(async () => {
    listed += 1;
    return `${listed}`;
  });
  kept.refresh(true);
  await until(() => kept.text.read());
  return { ...kept, counted: () => listed };
}

describe('the text of the rules', () => {
  it('says when it was read back', async () => {
    const { text, refresh } = keeper(async () => 'the rules\n');
    expect(await text.read()).toBeUndefined();
    refresh(true);
    expect(await until(() => text.read())).toBe('# read back at 1970-01-01T00:00:00.000Z\nthe rules\n');
  });

  it('is listed first when the server has had a second to start, and at once after that', async () => {
    const waits: number[] = [];
    const { refresh, pass, text } = keeper(async () => 'the rules', waits);
    refresh(true);
    await until(() => text.read());
    pass(10_000);
    refresh(true);
    expect(waits).toEqual([1_000]);
  });

  it('is read again after ten seconds at the earliest, however often something changes', async () => {
    const { counted, refresh, pass } = await readOnce();
    refresh(true);
    pass(9_999);
    refresh(true);
    expect(counted()).toBe(1);
    pass(1);
    refresh(true);
    expect(counted()).toBe(2);
  });

  it('is read again for a change within the ten seconds as soon as anything is read back after them', async () => {
    const { counted, refresh, pass } = await readOnce();
    refresh(true);
    pass(10_000);
    refresh(false);
    expect(counted()).toBe(2);
  });

  it('is read again every five minutes while nothing changes', async () => {
    const { counted, refresh, pass } = await readOnce();
    pass(299_999);
    refresh(false);
    expect(counted()).toBe(1);
    pass(1);
    refresh(false);
    expect(counted()).toBe(2);
  });

  it('stays what it was where it cannot be read, and nothing else fails', async () => {
    const { text, messages, refresh, pass } = keeper(async () => {
      throw new Error('no nft');
    });
    refresh(true);
    await until(() => (messages.length > 0 ? true : undefined));
    expect(await text.read()).toBeUndefined();
    pass(10_000);
    refresh(false);
    expect(await until(() => (messages.length > 1 ? true : undefined))).toBe(true);
  });

  it('goes by a file beside the heartbeat, of which no draft is left', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rules-text-'));
    try {
      const text = rulesTextFile(join(folder, 'heartbeat.json'));
      expect(await text.read()).toBeUndefined();
      await text.put('one');
      await text.put('two');
      expect(await text.read()).toBe('two');
      await truncate(join(folder, 'rules.txt'), 600 * 1024 * 1024);
      await expect(text.read()).rejects.toThrow(
        /rules\.txt has 629145600 bytes, and at most \d+ of it are read\.$/,
      );
      expect(await readdir(folder)).toEqual(['rules.txt']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
