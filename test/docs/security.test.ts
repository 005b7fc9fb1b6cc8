import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../architecture/source-files.ts';

interface Row {
  readonly attack: string;
  /** Each test that the row names: its file, and a part of its title as the file has it. */
  readonly held: readonly { readonly file: string; readonly title: string }[];
}

const page = readFileSync(join(root, 'docs/security.md'), 'utf8');
const rows = attackTable(page);

describe('the table of attacks in docs/security.md', () => {
  it('names for each attack the test that holds its answer', () => {
    expect(rows.length).toBeGreaterThan(18);
    expect(rows.filter(({ held }) => held.length === 0).map(({ attack }) => attack)).toEqual([]);
  });

  it('names tests that there are', () => {
    const missing = rows.flatMap(({ attack, held }) =>
      held
        .filter(({ file, title }) => !titlesOf(file).some((each) => each.includes(title)))
        .map((each) => ({ attack, ...each })),
    );
    expect(missing).toEqual([]);
  });

  it('would be found wanting', () => {
    const [row] = attackTable(
      '| what an attacker in a pod can try | a | held by |\n|---|---|---|\n| x \\| y | z |  |\n',
    );
    expect(row).toEqual({ attack: 'x \\| y', held: [] });
    expect(titlesOf('test/no-such.test.ts')).toEqual([]);
    expect(titlesOf('test/docs/security.test.ts')).toContain('names tests that there are');
  });
});

function attackTable(text: string): Row[] {
  const [, table = ''] = /^(\| what an attacker in a pod can try .*\n(?:\|.*\n)+)/m.exec(text) ?? [];
  return table
    .split('\n')
    .slice(2)
    .filter((line) => line !== '')
    .map((line) => {
      const [, attack = '', , held = ''] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
      let file = '';
      const tests = [...held.matchAll(/`(test\/[^`]+)`|\*([^*]+)\*/g)].flatMap(([, path, title]) => {
        file = path ?? file;
        return title === undefined ? [] : [{ file, title }];
      });
      return { attack, held: tests };
    });
}

/** What stands in quotes where a test begins; none of a file that is not there. */
function titlesOf(file: string): string[] {
  try {
    const text = readFileSync(join(root, file), 'utf8');
    return [
      ...text.matchAll(/(?:\bit(?:\.\w+)*|\))\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`([^`]*)`)/g),
    ].map(([, single, double, template]) => single ?? double ?? template ?? '');
  } catch {
    return [];
  }
}
