import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkList } from '../../src/workflows/doctor/check-list.ts';
import { root } from '../architecture/source-files.ts';

describe('docs/doctor.md', () => {
  it('reports every check, in the order in which the doctor does', () => {
    const rows = readFileSync(join(root, 'docs/doctor.md'), 'utf8').matchAll(
      /^\| `([\w-]+)` \| [^|]+\| [^|]+\| [^|]+\|$/gm,
    );
    expect([...rows].map(([, name]) => name)).toEqual(checkList.map(({ name }) => name));
  });
});

describe('the list of checks', () => {
  it('puts each check behind earlier ones alone', () => {
    const names = checkList.map(({ name }) => name);
    for (const [at, { behind }] of checkList.entries()) {
      for (const before of behind) {
        expect(names.slice(0, at)).toContain(before);
      }
    }
    expect(new Set(names).size).toBe(names.length);
  });
});
