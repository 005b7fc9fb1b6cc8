import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { root } from '../architecture/source-files.ts';
import { read } from './renders.ts';

const { oldPins, withNewestNode } = await import(pathToFileURL(join(root, 'scripts/image-pins.mjs')).href);

const pinned = (node: string, debian: string) =>
  [
    `# Node 24's newest on ${node}.`,
    'ARG NODE_VERSION=24.22.3',
    `ARG DEBIAN_VERSION=bookworm-${debian}`,
    '',
  ].join('\n');
const on = (date: string) => new Date(`${date}T12:00:00Z`);

describe('a pin of the image', () => {
  it('may be sixty days old at a release, and not a day more', () => {
    const dockerfile = pinned('2026-03-01', '20260301');
    expect(oldPins(dockerfile, on('2026-03-01'))).toEqual([]);
    expect(oldPins(dockerfile, on('2026-04-30'))).toEqual([]);
    expect(oldPins(dockerfile, on('2026-05-01'))).toEqual([
      'deploy/Dockerfile pins Node as of 2026-03-01, 61 days ago; a release wants 60 at most. Run: node scripts/image-pins.mjs --newest',
      'deploy/Dockerfile pins Debian as of 2026-03-01, 61 days ago; a release wants 60 at most. Set DEBIAN_VERSION to the newest of https://hub.docker.com/_/debian/tags?name=bookworm-',
    ]);
  });

  it('is judged by itself', () => {
    expect(oldPins(pinned('2026-03-01', '20260501'), on('2026-05-02'))).toMatchObject([/pins Node/]);
    expect(oldPins(pinned('2026-05-01', '20260301'), on('2026-05-02'))).toMatchObject([/pins Debian/]);
  });

  it('is found in the Dockerfile, and not taken for recent where it is not', () => {
    expect(oldPins(read('deploy/Dockerfile'), on('2100-01-01'))).toHaveLength(2);
    expect(() => oldPins('FROM node:24\n', on('2026-03-01'))).toThrow('does not pin Node and Debian');
  });
});

describe('the newest Node', () => {
  it('is of the same major, by numbers and not by letters, with the date on which it was', () => {
    const versions = ['24.9.0', '24.22.10', '24.22.9', '26.0.0', '24.30.0-rc.1'];
    const moved = withNewestNode(pinned('2026-03-01', '20260301'), versions, on('2026-06-07'));
    expect(moved).toBe(
      pinned('2026-06-07', '20260301').replace('NODE_VERSION=24.22.3', 'NODE_VERSION=24.22.10'),
    );
  });

  it('stays what it is, and is looked at today, when there is no newer one', () => {
    const moved = withNewestNode(pinned('2026-03-01', '20260301'), ['24.22.3'], on('2026-06-07'));
    expect(moved).toBe(pinned('2026-06-07', '20260301'));
  });
});
