import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../architecture/source-files.ts';
import { isLinkThere } from './link-target.ts';

interface Row {
  readonly line: string;
  readonly podid: string;
  readonly held: string;
}

const read = (path: string) => readFileSync(join(root, path), 'utf8');
const rows = rowsOf(read('docs/documents.md'));

describe('the table of docs/documents.md', () => {
  it('has a row for each line, and each row a test or a page', () => {
    expect(rows.length).toBeGreaterThan(70);
    expect(rows.filter(({ held }) => [...testsIn(held), ...pagesIn(held)].length === 0)).toEqual([]);
    expect(rows.filter(({ line, podid }) => line === '' || podid === '')).toEqual([]);
  });

  it('names tests that there are', () => {
    const named = [...new Set(rows.flatMap(({ held }) => testsIn(held)))];
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('names pages, and places on them, that there are', () => {
    const named = [...new Set(rows.flatMap(({ held, podid }) => [...pagesIn(held), ...pagesIn(podid)]))];
    expect(named.filter((link) => !isThere(link))).toEqual([]);
  });

  it('names manifests and commands that there are', () => {
    const files = rows.flatMap(({ podid }) =>
      [...podid.matchAll(/`(deploy\/[^`]+)`/g)].map(([, path = '']) => path),
    );
    expect(files.length).toBeGreaterThan(3);
    expect(files.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    const commands = read('docs/commands/README.md');
    const typed = rows.flatMap(({ podid }) =>
      [...podid.matchAll(/`podid ((?:[a-z-]+ )?[a-z-]+)/g)].map(([, words = '']) => words),
    );
    const isCommand = (words: string) =>
      [words, words.split(' ')[0] ?? ''].some((name) => commands.includes(`(${name.replace(' ', '-')}.md)`));
    expect(typed.filter((words) => !isCommand(words))).toEqual([]);
  });

  it('knows every command of the ways out', () => {
    const commands = [
      ...read('docs/commands/README.md').matchAll(/\(((?:migrate|exchange|takeover)-[a-z]+)\.md\)/g),
    ];
    const names = [...new Set(commands.map(([, name = '']) => name.replace('-', ' ')))];
    expect(names.length).toBeGreaterThan(8);
    const text = read('docs/documents.md');
    expect(names.filter((name) => !text.includes(`podid ${name}`))).toEqual([]);
  });

  it('denies no command that there is', () => {
    expect(denials(read('docs/documents.md'))).toEqual([]);
  });

  it('would be found wanting', () => {
    expect(
      denials('One line.\npodid has no command for the migration yet.\n\nThere is no command.\n'),
    ).toEqual([
      'podid has no command for the migration yet: migrate-apply migrate-check migrate-finish migrate-plan migrate-rollback migrate-status',
    ]);
    expect(denials('## Migration to X\n\n| a | no command\n')).toEqual([
      'a | no command: migrate-apply migrate-check migrate-finish migrate-plan migrate-rollback migrate-status',
    ]);
    expect(denials('## Migration to X\n\n| exchange | podid does not exchange |\n')).toEqual([]);
    const [row] = rowsOf(
      '| the document | with podid | held by |\n|---|---|---|\n| a | b \\| c | [d](e.md#f) |\n',
    );
    expect(row).toEqual({ line: 'a', podid: 'b \\| c', held: '[d](e.md#f)' });
    expect([isThere('modes.md#no-such-place'), isThere('no-such.md')]).toEqual([false, false]);
    expect([isThere('modes.md#what-you-need'), isThere('../README.md#install')]).toEqual([true, true]);
  });
});

function rowsOf(text: string): Row[] {
  return [...text.matchAll(/^\| the document \|.*\n\|[-|]+\n((?:\|.*\n)+)/gm)].flatMap(([, table = '']) =>
    table
      .trim()
      .split('\n')
      .map((line) => {
        const [, first = '', second = '', third = ''] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
        return { line: first, podid: second, held: third };
      }),
  );
}

const commands = readdirSync(join(root, 'docs/commands'))
  .filter((file) => file !== 'README.md')
  .map((file) => file.replace('.md', ''));

/**
 * Sentences that say that there is no command, with the commands whose group or own word has the beginning of a word
 * that stands in them or in the heading above: `migrate-plan` for "migration".
 */
function denials(text: string): string[] {
  return text.split(/^#+ /m).flatMap((section) => {
    const [heading = ''] = section.split('\n');
    const sentences = section.split(/(?<=[.;])\s|\n\n|\|$|^\|/m).filter((part) => /\bno command/i.test(part));
    return sentences.flatMap((sentence) => {
      const words = `${heading} ${sentence}`.toLowerCase().match(/[a-z]+/g) ?? [];
      const there = commands.filter((name) => words.some((word) => isAbout(word, name)));
      return there.length === 0 ? [] : [`${sentence.trim().replace(/\.$/, '')}: ${there.join(' ')}`];
    });
  });
}

function isAbout(word: string, command: string): boolean {
  const [group = ''] = command.split('-');
  return group.length > 3 && word.startsWith(group.replace(/e$/, ''));
}

function testsIn(text: string): string[] {
  return [...text.matchAll(/`(test\/[^`]+)`/g)].map(([, path = '']) => path);
}

function pagesIn(text: string): string[] {
  return [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link);
}

function isThere(link: string): boolean {
  return isLinkThere('docs', link);
}
