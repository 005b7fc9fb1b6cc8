import { getEventListeners, setMaxListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { emulatedPodid } from './emulated-podid.ts';

const cluster = '-g demo-rg -c demo';

describe('a command that has ended', () => {
  it.each([
    `status ${cluster}`,
    `doctor ${cluster}`,
    `access ${cluster}`,
    `exchange status ${cluster}`,
    `migrate plan ${cluster}`,
    `takeover plan ${cluster}`,
    `mirror ${cluster}`,
    `nmi status ${cluster}`,
    'nmi top -o json',
  ])('listens no more to what would have interrupted it: %s', async (line) => {
    const { signal } = new AbortController();
    setMaxListeners(0, signal);
    await using podid = await emulatedPodid({ scenario: 'way-out' }, {}, { signal });
    const ran = await podid.run(line);
    expect(ran.stdout, ran.stderr).not.toBe('');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
