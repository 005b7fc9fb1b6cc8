import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Heartbeat,
  heartbeatIsFresh,
  readHeartbeat,
  writeHeartbeat,
} from '../../../src/nmi/rules/heartbeat.ts';
import { readSmallFile } from '../../../src/nmi/rules/read-small-file.ts';

const heartbeat: Heartbeat = {
  rules: { intact: true, backend: 'nft', putBack: 0, packets: {} },
  guard: { active: false, pods: 0, unknown: 0, putBack: 0, packets: {} },
  listenOn: ['127.0.0.1'],
  problems: [],
  addresses: { '10.244.0.10': 'uid-1' },
  records: { keepsRecords: true, stamp: '', sources: {} },
  intervalMs: 5000,
  writtenAtMs: 1_795_000_000_000,
  writtenAtUptimeMs: 60_000,
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podid-heartbeat-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the heartbeat', () => {
  it('is read as it was written, and leaves no draft behind', async () => {
    const path = join(folder, 'rules.json');
    await writeHeartbeat(path, heartbeat);
    await writeHeartbeat(path, { ...heartbeat, listenOn: ['169.254.79.25'] });
    expect(await readHeartbeat(path)).toEqual({ ...heartbeat, listenOn: ['169.254.79.25'] });
    expect(await readdir(folder)).toEqual(['rules.json']);
  });

  it('that cannot be written names its folder', async () => {
    const path = join(folder, 'gone', 'rules.json');
    await expect(writeHeartbeat(path, heartbeat)).rejects.toMatchObject({
      name: 'HeartbeatUnwritten',
      folder: join(folder, 'gone'),
      message: expect.stringContaining('ENOENT'),
    });
  });

  it('takes the place of a draft that a killed process left', async () => {
    const path = join(folder, 'rules.json');
    await writeFile(`${path}.draft`, 'cut of', { mode: 0o444 });
    await writeHeartbeat(path, heartbeat);
    expect(await readHeartbeat(path)).toEqual(heartbeat);
    expect(await readdir(folder)).toEqual(['rules.json']);
  });

  it('is never seen half-written by a reader', async () => {
    const path = join(folder, 'rules.json');
    const large = {
      ...heartbeat,
      addresses: Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`a${i}`, 'uid'])),
    };
    await writeHeartbeat(path, large);
    const writing = (async () => {
      for (let i = 0; i < 50; i += 1) {
        await writeHeartbeat(path, large);
      }
    })();
    for (let i = 0; i < 50; i += 1) {
      expect(await readHeartbeat(path)).toEqual(large);
    }
    await writing;
  });

  it.each([
    ['missing', undefined],
    ['cut short', JSON.stringify(heartbeat).slice(0, -5)],
    ['of another shape', '{"rules":true}'],
    ['null', 'null'],
    ['a map of other things', JSON.stringify({ ...heartbeat, addresses: { '10.0.0.1': 7 } })],
  ])('counts as none when it is %s', async (_what, text) => {
    const path = join(folder, 'rules.json');
    if (text !== undefined) {
      await writeFile(path, text);
    }
    expect(await readHeartbeat(path)).toBeUndefined();
  });

  it('counts as none when it is larger than any, and is not read', async () => {
    const path = join(folder, 'rules.json');
    await writeFile(path, '');
    // Sparse: to read it all would fail, since no text can be so long.
    await truncate(path, 600 * 1024 * 1024);
    expect(await readHeartbeat(path)).toBeUndefined();
    await expect(readSmallFile(path, 1000)).rejects.toThrow(
      `${path} has 629145600 bytes, and at most 1000 of it are read.`,
    );
  });

  it('is read at most as far as it went when it was opened', async () => {
    const path = join(folder, 'text');
    await writeFile(path, 'né');
    expect(await readSmallFile(path, 3)).toBe('né');
    await expect(readSmallFile(path, 2)).rejects.toMatchObject({ name: 'FileTooLarge' });
  });

  it('is stale after three intervals, and when it is from before a reboot', () => {
    expect(heartbeatIsFresh(heartbeat, 60_000)).toBe(true);
    expect(heartbeatIsFresh(heartbeat, 75_000)).toBe(true);
    expect(heartbeatIsFresh(heartbeat, 75_001)).toBe(false);
    expect(heartbeatIsFresh(heartbeat, 59_999)).toBe(false);
  });
});
