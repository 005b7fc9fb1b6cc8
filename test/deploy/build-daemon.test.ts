import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../architecture/source-files.ts';

const { buildDaemon } = await import(pathToFileURL(join(root, 'scripts/build-daemon.mjs')).href);

/** Each says that it ran, and what it holds of the others. */
const sources = {
  'shared.js':
    "console.log('runs shared'); export class Fault extends Error {}; export const state = { count: 0 };",
  'main.js': `
    import { Fault, state } from './shared.js';
    export async function main(words) {
      state.count += 1;
      const { makeSoon } = await import('./soon.js');
      console.log('soon', makeSoon() instanceof Fault);
      if (words.includes('late')) {
        const [one, { makeOther }] = await Promise.all([import('./late-one.js'), import('./late-other.js')]);
        console.log('late', one.default() instanceof Fault, makeOther() instanceof Fault, state.count);
      }
    }`,
  'soon.js':
    "import { Fault } from './shared.js'; import { mine } from './of-soon.js'; export const makeSoon = () => new Fault(mine);",
  'of-soon.js': "console.log('runs of-soon'); export const mine = 'soon';",
  'of-late.js': "console.log('runs of-late'); export const ours = { count: 0 };",
  'late-one.js': `
    import { Fault, state } from './shared.js';
    import { mine } from './of-soon.js';
    import { ours } from './of-late.js';
    export default () => { state.count += 1; ours.count += 1; return new Fault(mine); };`,
  'late-other.js': `
    import { Fault, state } from './shared.js';
    import { ours } from './of-late.js';
    import { basename } from 'node:path';
    export const makeOther = () => { state.count += ours.count; return new Fault(basename('a/b')); };`,
};

let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'podid-build-daemon-'));
  mkdirSync(join(folder, 'src'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  for (const [name, text] of Object.entries(sources)) {
    writeFileSync(join(folder, 'src', name), text);
  }
  await buildDaemon(
    {
      absWorkingDir: folder,
      bundle: true,
      platform: 'node',
      format: 'esm',
      minify: true,
      keepNames: true,
      outdir: 'dist',
      logLevel: 'warning',
      plugins: [],
    },
    { name: 'daemon', source: 'src/main.js', soon: ['src/soon.js'] },
  );
  writeFileSync(join(folder, 'run.cjs'), "require('./dist/daemon.cjs').main(process.argv.slice(2));");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...words: readonly string[]) =>
  execFileSync(process.execPath, [join(folder, 'run.cjs'), ...words], { encoding: 'utf8' })
    .trim()
    .split('\n');

describe('a daemon in one file', () => {
  it('holds what a start needs, and leaves apart what is late', () => {
    expect(run()).toEqual(['runs shared', 'runs of-soon', 'soon true']);
    const start = readFileSync(join(folder, 'dist/daemon.cjs'), 'utf8');
    expect(start).not.toContain('runs of-late');
    const late = readdirSync(join(folder, 'dist/daemon-chunks'));
    expect(late.map((name) => name.replace(/-\w+\.cjs$/, '')).toSorted()).toEqual([
      'chunk',
      'late-one',
      'late-other',
    ]);
  });

  it('has each module once, whoever loads it', () => {
    const said = run('late');
    expect(said.filter((line) => line.startsWith('runs')).toSorted()).toEqual([
      'runs of-late',
      'runs of-soon',
      'runs shared',
    ]);
    expect(said.at(-1)).toBe('late true true 3');
  });

  it('refuses a source that nobody loads late, so that the list of them stays true', async () => {
    const settings = {
      absWorkingDir: folder,
      bundle: true,
      platform: 'node',
      format: 'esm',
      outdir: 'dist',
      plugins: [],
    };
    await expect(
      buildDaemon(settings, { name: 'daemon', source: 'src/main.js', soon: ['src/of-late.js'] }),
    ).rejects.toThrow('src/of-late.js is not loaded by import()');
  });
});
