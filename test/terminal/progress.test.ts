import { describe, expect, it } from 'vitest';
import { colours } from '../../src/terminal/colours.ts';
import { terminalReporter } from '../../src/terminal/progress.ts';
import { fakeStream } from '../commands/fake-context.ts';

function reporter(options: { silent?: boolean; spinning?: boolean } = {}) {
  const stderr = fakeStream();
  const drawn: string[] = [];
  const spinner = {
    text: '',
    start() {
      drawn.push(`start ${this.text}`);
    },
    stop() {
      drawn.push('stop');
    },
  };
  const report = terminalReporter({
    stderr,
    colour: colours(false),
    silent: options.silent ?? false,
    ...(options.spinning ? { spinner } : {}),
  });
  return { report, stderr, drawn, spinner };
}

describe('progress', () => {
  it('is one line for each change where nobody watches', () => {
    const { report, stderr } = reporter();
    for (const text of ['Updating', 'Updating', 'Pools: 1/3\nnodes', 'Updating']) report.progress(text);
    expect(stderr.text()).toBe('Updating\nPools: 1/3 nodes\nUpdating\n');
  });

  it('spins on a terminal, and makes room for every other line', () => {
    const { report, stderr, drawn, spinner } = reporter({ spinning: true });
    report.progress('one');
    report.progress('two');
    expect(spinner.text).toBe('two');
    report.warn('careful', 'look');
    report.progress('three');
    report.stop();
    report.stop();
    expect(drawn).toEqual(['start one', 'stop', 'start three', 'stop']);
    expect(stderr.text()).toBe('warning: careful\nhint: look\n');
  });

  it('is silent with notes and warnings under --only-show-errors', () => {
    const { report, stderr } = reporter({ silent: true });
    report.progress('a');
    report.note('b');
    report.warn('c', 'd');
    expect(stderr.text()).toBe('');
  });

  it('lets no server draw on the terminal', () => {
    const { report, stderr } = reporter();
    report.progress('\u001b]0;title\u0007done');
    report.note('\u202egnp.exe');
    expect(stderr.text()).toBe('?]0;title?done\n?gnp.exe\n');
  });
});
