import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRecentStamps } from '../../../src/nmi/rules/recent-stamps.ts';
import { handClock } from '../../domain/time/hand-clock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podid-stamps-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string) => {
  // Another file under the same name has another stamp, however fast one follows the other.
  writeFileSync(join(folder, `${name}.draft`), text);
  renameSync(join(folder, `${name}.draft`), join(folder, name));
};

describe('the stamps of the CNI records', () => {
  it('are looked at again after a millisecond', async () => {
    const clock = handClock();
    write('one', 'first');
    const stamps = createRecentStamps(folder, clock);
    const before = stamps.record('one');
    write('one', 'second');
    await clock.advance(1);
    expect(stamps.record('one')).not.toBe(before);
  });

  it('are looked at once for what is asked within it', async () => {
    const clock = handClock();
    write('one', 'first');
    const stamps = createRecentStamps(folder, clock);
    const before = [stamps.folder(), stamps.record('one')];
    write('one', 'second');
    await clock.advance(0.9);
    expect([stamps.folder(), stamps.record('one')]).toEqual(before);
  });

  it('are empty where there is nothing', async () => {
    const clock = handClock();
    const stamps = createRecentStamps(join(folder, 'nowhere'), clock);
    expect([stamps.folder(), stamps.record('one')]).toEqual(['', '']);
  });
});
