import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  keepRulesText,
  rulesTextFile,
  rulesTextInMemory,
} from '../../../../src/nmi/rules/text/rules-text.ts';
import { until } from '../../../nmi-on-emulator/agent-world.ts';

function keeper(list: () => Promise<string>) {
  const text = rulesTextInMemory();
  const messages: string[] = [];
  let nowMs = 0;
  const say = (_facts: object, message: string) => void messages.push(message);
  const refresh = keepRulesText({
    list,
    text,
    clock: { now: () => nowMs, monotonic: () => nowMs },
    logger: { debug: say, info: say, warn: say, error: say },
  });
  return { text, messages, refresh, pass: (ms: number) => (nowMs += ms) };
}

describe('the text of the rules', () => {
  it('says when it was read back', async () => {
    const { text, refresh } = keeper(async () => 'the rules\n');
    expect(await text.read()).toBeUndefined();
    refresh();
    expect(await until(() => text.read())).toBe('# read back at 1970-01-01T00:00:00.000Z\nthe rules\n');
  });

  it('is read again after ten seconds at the earliest, however often something changes', async () => {
    let listed = 0;
    const { text, refresh, pass } = keeper(async () => {
      listed += 1;
      return `${listed}`;
    });
    refresh();
    await until(() => text.read());
    refresh();
    pass(9_999);
    refresh();
    expect(listed).toBe(1);
    pass(1);
    refresh();
    expect(listed).toBe(2);
  });

  it('stays what it was where it cannot be read, and nothing else fails', async () => {
    const { text, messages, refresh } = keeper(async () => {
      throw new Error('no nft');
    });
    refresh();
    await until(() => (messages.length > 0 ? true : undefined));
    expect(await text.read()).toBeUndefined();
  });

  it('goes by a file beside the heartbeat, of which no draft is left', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rules-text-'));
    try {
      const text = rulesTextFile(join(folder, 'heartbeat.json'));
      expect(await text.read()).toBeUndefined();
      await text.put('one');
      await text.put('two');
      expect(await text.read()).toBe('two');
      expect(await readdir(folder)).toEqual(['rules.txt']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
