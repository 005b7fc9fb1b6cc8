import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../architecture/source-files.ts';

const { buildOf } = await import(pathToFileURL(join(root, 'scripts/build-facts.mjs')).href);

const unknown = { commit: 'unknown', builtAt: 'unknown' };
let folder: string;
let repository: string;
let hash: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'podid-build-'));
  repository = join(folder, 'repository');
  mkdirSync(join(repository, 'scripts'), { recursive: true });
  writeFileSync(join(repository, 'scripts/build.mjs'), '');
  const date = '2026-11-30T09:30:00+01:30';
  const env = { ...process.env, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.net', ...args], {
      cwd: repository,
      env,
      encoding: 'utf8',
    });
  git('init', '--quiet');
  git('add', '.');
  git('commit', '--quiet', '--message', 'Begin');
  hash = git('rev-parse', 'HEAD').trim();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('what a build says of itself', () => {
  it('is the commit of its sources and the time of that, in UTC', () => {
    expect(buildOf(repository, {})).toEqual({ commit: hash.slice(0, 12), builtAt: '2026-11-30T08:00:00Z' });
  });

  it('is the time of SOURCE_DATE_EPOCH where that is set', () => {
    const env = { SOURCE_DATE_EPOCH: '0' };
    expect(buildOf(repository, env)).toEqual({ commit: hash.slice(0, 12), builtAt: '1970-01-01T00:00:00Z' });
  });

  it('is what the build of an image is told, which has no files of git', () => {
    const commit = 'ab'.repeat(20);
    expect(buildOf(join(folder, 'nowhere'), { PODID_COMMIT: commit, SOURCE_DATE_EPOCH: '1' })).toEqual({
      commit: 'abababababab',
      builtAt: '1970-01-01T00:00:01Z',
    });
    expect(buildOf(repository, { PODID_COMMIT: commit })).toEqual({
      commit: 'abababababab',
      builtAt: 'unknown',
    });
    expect(buildOf(folder, { PODID_COMMIT: '', SOURCE_DATE_EPOCH: '' })).toEqual(unknown);
    expect(buildOf(folder, { PODID_COMMIT: 'main', SOURCE_DATE_EPOCH: 'now' })).toEqual(unknown);
  });

  it('is unknown for sources that were unpacked, be it into the repository of somebody else', () => {
    expect(buildOf(folder, {})).toEqual(unknown);
    const unpacked = join(repository, 'vendor/podid');
    cpSync(join(repository, 'scripts'), join(unpacked, 'scripts'), { recursive: true });
    expect(buildOf(unpacked, {})).toEqual(unknown);
    const own = join(folder, 'other');
    mkdirSync(own);
    execFileSync('git', ['init', '--quiet'], { cwd: own });
    expect(buildOf(own, {})).toEqual(unknown);
  });
});
