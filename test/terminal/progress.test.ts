import { describe, expect, it } from 'vitest';
import { advice } from '../../src/errors/hint.ts';
import { noColours } from '../../src/terminal/colours.ts';
import { terminalReporter } from '../../src/terminal/progress.ts';
import { fakeStream } from '../cli/fake-context.ts';

function reporter(options: { silent?: boolean; spinning?: boolean; bar?: boolean } = {}) {
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
  const bar = {
    start: (text: string, total: number) => drawn.push(`bar ${text} of ${total}`),
    update: (done: number) => drawn.push(`bar at ${done}`),
    stop: () => drawn.push('bar stop'),
  };
  const report = terminalReporter({
    stderr,
    colour: noColours,
    silent: options.silent ?? false,
    hintText: String,
    ...(options.spinning ? { spinner } : {}),
    ...(options.bar ? { bar } : {}),
  });
  return { report, stderr, drawn, spinner };
}

describe('progress', () => {
  it('is one line for each change where nobody watches', () => {
    const { report, stderr } = reporter();
    for (const text of ['Updating', 'Updating', 'Pools: 1/3\nnodes', 'Updating']) {
      report.progress(text);
    }
    expect(stderr.text()).toBe('Updating\nPools: 1/3 nodes\nUpdating\n');
  });

  it('spins on a terminal, and makes room for every other line', () => {
    const { report, stderr, drawn, spinner } = reporter({ spinning: true });
    report.progress('one');
    report.progress('two');
    expect(spinner.text).toBe('two');
    report.warn('careful', advice`look`);
    report.progress('three');
    report.stop();
    report.stop();
    expect(drawn).toEqual(['start one', 'stop', 'start three', 'stop']);
    expect(stderr.text()).toBe('warning: careful\nhint: look\n');
  });

  it('is a bar on a terminal where the share is known, and makes room too', () => {
    const { report, stderr, drawn } = reporter({ spinning: true, bar: true });
    report.progress('reading');
    for (const done of [1, 2]) {
      report.progress('mirroring', { done, total: 2 });
    }
    report.note('said');
    report.progress('mirroring');
    report.stop();
    expect(drawn).toEqual([
      ...['start reading', 'stop', 'bar mirroring of 2', 'bar at 1', 'bar at 2', 'bar stop'],
      ...['start mirroring', 'stop'],
    ]);
    expect(stderr.text()).toBe('said\n');
  });

  it('is one line where nobody watches, whatever its share', () => {
    const { report, stderr } = reporter();
    report.progress('mirroring');
    for (const done of [1, 2]) {
      report.progress('mirroring', { done, total: 2 });
    }
    expect(stderr.text()).toBe('mirroring\n');
  });

  it('is silent with notes and warnings under --only-show-errors', () => {
    const { report, stderr } = reporter({ silent: true });
    report.progress('a');
    report.note('b');
    report.warn('c', advice`d`);
    expect(stderr.text()).toBe('');
  });

  it('lets no server draw on the terminal', () => {
    const { report, stderr } = reporter();
    report.progress('\u001b]0;title\u0007done');
    report.note('\u202egnp.exe');
    expect(stderr.text()).toBe('\\u001b]0;title\\u0007done\n\\u202egnp.exe\n');
  });
});
