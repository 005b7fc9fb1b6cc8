import { describe, expect, it } from 'vitest';
import { recordShape } from '../../../src/cli/results/record-text.ts';
import { noColours } from '../../../src/terminal/colours.ts';
import { wrapResult } from '../../../src/terminal/wrap-text.ts';

const id = '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg';
const shape = recordShape(() => [
  ['mode', 'none: the add-on is off (podid status --mode cluster shows entries that are objects)'],
  ['id', id],
  ['nothing', ''],
]);
const shown = (columns?: number) =>
  wrapResult(shape.text?.(undefined as never, noColours, columns) ?? '', columns);

describe('one thing, a line for each member', () => {
  it('goes on below its own column where the terminal is narrow, and breaks no id', () => {
    expect(shown(60)).toBe(
      [
        'mode  none: the add-on is off (podid status --mode cluster',
        '      shows entries that are objects)',
        `id    ${id}`,
        '',
      ].join('\n'),
    );
  });

  it('paints each line of a value that is to be seen first, and not the blanks before it', () => {
    const painted = recordShape(() => [['failed', 'one two three four five', 'red']]);
    const red = { ...noColours, red: (text: string) => `<${text}>` };
    const text = painted.text?.(undefined as never, red, 28) ?? '';
    expect(wrapResult(text, 28)).toBe('failed  <one two three four>\n        <five>\n');
  });

  it('is as wide as it gets elsewhere', () => {
    expect(shown()?.split('\n')).toHaveLength(3);
  });
});
