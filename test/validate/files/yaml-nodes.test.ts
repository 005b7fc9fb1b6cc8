import { describe, expect, it } from 'vitest';
import { isNestedTooDeep } from '../../../src/validate/files/yaml-nodes.ts';

const deep = 100_000;
const blocks = (levels: number) =>
  Array.from({ length: levels }, (_, level) => `${' '.repeat(level)}a:`).join('\n');

describe('a YAML text', () => {
  it.each([
    ['lists', `a: ${'['.repeat(deep)}`],
    ['maps', '{a: '.repeat(deep)],
    ['lists of one line each', '- '.repeat(deep)],
    ['keys of keys', '? '.repeat(deep)],
    ['blocks', blocks(1_000)],
  ])('of %s in each other without end is told, and costs no stack', (_, text) => {
    expect(isNestedTooDeep(text)).toBe(true);
  });

  it.each([
    ['blocks', blocks(60)],
    ['lists', `${'['.repeat(60)}${']'.repeat(60)}`],
    ['much, one after the other', 'a: [{b: [c]}]\n---\n'.repeat(2_000)],
    ['what is no YAML', 'a: ]['],
  ])('of %s is none', (_, text) => {
    expect(isNestedTooDeep(text)).toBe(false);
  });
});
