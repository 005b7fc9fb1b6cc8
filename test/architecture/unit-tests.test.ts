import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root, sourceFiles } from './source-files.ts';

/** Rings beside the unit ring, which walk across the files; and what is about no source file at all. */
const elsewhere =
  /^test\/(?:emulator|cli-on-emulator|nmi-on-emulator|mic-on-emulator|docs-run|node|cluster|architecture|deploy|docs)\//;

describe('a test of the unit ring', () => {
  const tests = sourceFiles('test')
    .map(({ path }) => path)
    .filter((path) => path.endsWith('.test.ts') && !elsewhere.test(path));

  it('is called after the source file that it tests, and lies where that lies', () => {
    const astray = tests.filter((path) => !existsSync(join(root, sourceOf(path))));
    expect(astray).toEqual([]);
    expect(tests.length).toBeGreaterThan(100);
  });
});

/** `put-profile.test.ts`, and `put-profile.property.test.ts` beside it, test `put-profile.ts`. */
function sourceOf(path: string): string {
  return path.replace(/^test\//, 'src/').replace(/\..*$/, '.ts');
}
