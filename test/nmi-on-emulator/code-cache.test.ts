import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const agent = join(import.meta.dirname, '../../bin/podid-nmi.js');
let folder = '';
let listener = '';

/** Prints which of Node's modules are there each time that a flag of V8 is set. */
const listening = `
import { syncBuiltinESMExports } from 'node:module';
import v8 from 'node:v8';
v8.setFlagsFromString = () => process.stdout.write(JSON.stringify(process.moduleLoadList) + '\\n');
syncBuiltinESMExports();
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podid-code-cache-'));
  listener = join(folder, 'listener.mjs');
  await writeFile(listener, listening);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** With no API server to ask and no tool to run, so that it ends at once. */
function loadedWhenFlagsAreSet(words: readonly string[]): Promise<readonly (readonly string[])[]> {
  return new Promise((resolve) => {
    const argv = [`--import=${pathToFileURL(listener)}`, agent, ...words];
    execFile(process.execPath, argv, { env: { PATH: folder } }, (_error, output) => {
      resolve(
        output
          .split('\n')
          .filter((line) => line.startsWith('['))
          .map((line) => JSON.parse(line)),
      );
    });
  });
}

// V8 rejects a code cache that was made with other flags, Node's own as well: what is loaded after them is compiled anew.
describe('the flags of V8 that keep the agent small', () => {
  it.each([
    { words: ['serve', '--node=n'], needed: ['http', 'https', 'tls'] },
    { words: ['rules', '--once', '--cni-results-dir=/nowhere'], needed: ['child_process', 'fs/promises'] },
  ])('are set once $words.0 has loaded its modules from the cache of Node', async ({ words, needed }) => {
    const loaded = await loadedWhenFlagsAreSet(words);
    expect(loaded.length).toBeGreaterThan(0);
    for (const names of loaded) {
      expect(names).toEqual(expect.arrayContaining(needed.map((name) => `NativeModule ${name}`)));
    }
  });
});
