import { getEventListeners } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { followNft } from '../../../../src/nmi/rules/nft/follow-nft.ts';

const tables = [{ family: 'ip', name: 'podid' }];
let folder = '';

afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

async function nftThat(body: string): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'podid-nft-'));
  await writeFile(join(folder, 'nft'), `#!/bin/sh\n${body}\n`);
  await chmod(join(folder, 'nft'), 0o755);
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH'] ?? ''}`);
}

async function until(condition: () => boolean, eachTurn: () => void = () => undefined): Promise<void> {
  while (!condition()) {
    eachTurn();
    await nextTurn();
  }
}

describe.skipIf(process.platform === 'win32')('following nft', () => {
  it('starts a monitor that ends again, with one listener on the signal however often it ends', async () => {
    await nftThat('exit 1');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const stop = new AbortController();
    let starts = 0;
    followNft(tables, stop.signal, () => {
      starts += 1;
    });
    await until(
      () => starts >= 4,
      () => vi.advanceTimersByTime(1_000),
    );
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(1);
    stop.abort();
    await until(
      () => vi.getTimerCount() === 0,
      () => vi.advanceTimersByTime(1_000),
    );
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
  });

  it('calls for a change of its tables alone', async () => {
    await nftThat('echo "add rule ip other chain"; echo "delete table ip podid"; exec sleep 60');
    const stop = new AbortController();
    let changes = 0;
    followNft(tables, stop.signal, () => {
      changes += 1;
    });
    // Who follows reads the tables after that anyway, and is not called for the start.
    await until(() => changes >= 1);
    stop.abort();
    expect(changes).toBe(1);
  });

  it('calls once for a monitor that had to be started again, since nobody told what happened in between', async () => {
    await nftThat('exit 1');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const stop = new AbortController();
    let calls = 0;
    followNft(tables, stop.signal, () => {
      calls += 1;
    });
    await until(() => vi.getTimerCount() === 1);
    expect(calls).toBe(0);
    vi.advanceTimersByTime(1_000);
    await until(() => vi.getTimerCount() === 1);
    expect(calls).toBe(1);
    stop.abort();
  });
});
