import { describe, expect, it } from 'vitest';
import type { FlagTable } from '../../src/flags/flag-table.ts';
import { readGoFlags } from '../../src/flags/read-go-flags.ts';

const table = {
  name: { kind: 'text', value: 'NAME', default: '', summary: 'a name', variable: 'NAME' },
  v: { kind: 'integer', value: 'N', most: 10, default: 0, summary: 'verbosity' },
  on: { kind: 'switch', default: true, summary: 'a switch' },
  mode: { kind: 'text', value: 'MODE', choices: ['fast', 'slow'], default: 'fast', summary: 'a mode' },
} as const satisfies FlagTable;

const read = (argv: readonly string[], environment = {}) =>
  readGoFlags(argv, table, { program: 'podid-x', environment });

describe("flags in the grammar of Go's programs", () => {
  it.each<[readonly string[], object]>([
    [['--name=a'], { name: 'a' }],
    [['--name', 'a'], { name: 'a' }],
    [['-name=a'], { name: 'a' }],
    [['-name', 'a'], { name: 'a' }],
    [['--name=a', '--name=b'], { name: 'b' }],
    [['-v=5'], { v: 5 }],
    [['--v=5'], { v: 5 }],
    [['--on=false'], { on: false }],
    [['-on=F'], { on: false }],
    [['--mode=SLOW'], { mode: 'slow' }],
  ])('%j is %j', (argv, values) => {
    expect(read(argv).values).toMatchObject(values);
  });

  it('take the variable where none is given', () => {
    expect(read([], { NAME: 'z' }).values.name).toBe('z');
    expect(read(['--name=a'], { NAME: 'z' }).values.name).toBe('a');
  });

  it('tell every fault at once, and the program to ask for help', () => {
    const failure = (() => {
      try {
        return read(['--nam=a', '--v=11', '--mode=fats', '--on=maybe']);
      } catch (error) {
        return error;
      }
    })();
    expect(failure).toMatchObject({ code: 'InvalidUsage' });
    const text = String(failure);
    for (const words of [
      'Did you mean --name?',
      '--v takes',
      'Did you mean fast?',
      '--on takes true or false',
    ]) {
      expect(text).toContain(words);
    }
    expect(String((failure as { hint?: unknown }).hint)).toBe('podid-x --help');
  });
});
