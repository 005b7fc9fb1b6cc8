import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { root as repository } from '../architecture/source-files.ts';

const { packagesOf } = await import(pathToFileURL(join(repository, 'scripts/third-party.mjs')).href);

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'podid-third-party-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

interface Installed {
  readonly folder: string;
  readonly license: unknown;
  readonly repository?: unknown;
  readonly text?: string;
}

/** @returns what esbuild says of a bundle with a file of each */
function bundleOf(...packages: readonly Installed[]) {
  for (const { folder, text, ...manifest } of packages) {
    mkdirSync(join(root, folder), { recursive: true });
    const name = folder.split('node_modules/').at(-1);
    writeFileSync(
      join(root, folder, 'package.json'),
      JSON.stringify({ name, version: '1.0.0', ...manifest }),
    );
    if (text !== undefined) {
      writeFileSync(join(root, folder, 'LICENSE.md'), text);
    }
  }
  const inputs = packages.map(({ folder }) => [`${folder}/index.js`, { bytesInOutput: 1 }]);
  return [{ outputs: { 'dist/podid.js': { inputs: Object.fromEntries(inputs) } } }];
}

describe('whose code is in the bundle', () => {
  it('finds packages with a scope, and one inside of another', () => {
    const bundle = bundleOf(
      { folder: 'node_modules/outer', license: 'MIT', text: 'outer text' },
      { folder: 'node_modules/outer/node_modules/@some/inner', license: 'ISC', text: 'inner text' },
    );
    expect(packagesOf(bundle, root)).toMatchObject([
      { name: '@some/inner', license: 'ISC', texts: ['inner text'] },
      { name: 'outer', license: 'MIT', texts: ['outer text'] },
    ]);
  });

  it.each(['GPL-3.0', 'SEE LICENSE IN LICENSE.md', undefined, { type: 'MIT' }])(
    'refuses a package that is licensed as %j, since nobody has accepted that',
    (license) => {
      const bundle = bundleOf({ folder: 'node_modules/odd', license, text: 'text' });
      expect(() => packagesOf(bundle, root)).toThrow(/^odd 1\.0\.0 is licensed as .* does not accept/);
    },
  );

  it('takes the text of the same repository, and refuses a package with no text at all', () => {
    const repository = { url: 'git+https://example.test/many.git' };
    const withText = { folder: 'node_modules/one', license: 'MIT', repository, text: 'text of all' };
    const without = { folder: 'node_modules/two', license: 'MIT', repository };
    expect(packagesOf(bundleOf(withText, without), root)[1]).toMatchObject({ texts: ['text of all'] });
    expect(() => packagesOf(bundleOf(without), root)).toThrow('two 1.0.0 has no text of its licence');
  });

  it('leaves out what the bundler looked at and did not take', () => {
    const [bundle] = bundleOf({ folder: 'node_modules/unused', license: 'GPL-3.0' });
    Object.assign(bundle?.outputs['dist/podid.js'].inputs['node_modules/unused/index.js'] ?? {}, {
      bytesInOutput: 0,
    });
    expect(packagesOf([bundle], root)).toEqual([]);
  });
});
