import { describe, expect, it } from 'vitest';
import { advice } from '../../src/errors/hint.ts';
import { noColours } from '../../src/terminal/colours.ts';
import { terminalReporter } from '../../src/terminal/progress.ts';
import { fakeStream } from '../cli/fake-context.ts';

/** A clock whose seconds pass when the test says so. */
function handClock() {
  let nowMs = 0;
  const waiting: { readonly atMs: number; readonly wake: () => void }[] = [];
  return {
    monotonic: () => nowMs,
    sleep: (ms: number, signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        waiting.push({ atMs: nowMs + ms, wake: resolve });
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
    async pass(seconds: number) {
      for (let second = 0; second < seconds; second++) {
        nowMs += 1000;
        for (const { wake } of waiting.filter(({ atMs }) => atMs <= nowMs)) {
          wake();
        }
        await new Promise(setImmediate);
      }
    },
  };
}

function reporter(options: { silent?: boolean; spinning?: boolean; bar?: boolean; columns?: number } = {}) {
  const stderr = fakeStream(options.columns === undefined ? {} : { columns: options.columns });
  const clock = handClock();
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
    clock,
    ...(options.spinning ? { spinner } : {}),
    ...(options.bar ? { bar } : {}),
  });
  return { report, stderr, drawn, spinner, clock };
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
      report.progress('mirroring', { share: { done, total: 2 } });
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
      report.progress('mirroring', { share: { done, total: 2 } });
    }
    expect(stderr.text()).toBe('mirroring\n');
  });

  it('says on a terminal how long a step takes already, anew for each, and what is usual at once', async () => {
    const { report, spinner, clock } = reporter({ spinning: true });
    report.progress('Reading');
    await clock.pass(1);
    expect(spinner.text).toBe('Reading');
    await clock.pass(1);
    expect(spinner.text).toBe('Reading (0:02)');
    await clock.pass(3600);
    expect(spinner.text).toBe('Reading (1:00:02)');
    report.progress('Writing', { wait: { usually: '1 to 2 minutes' } });
    expect(spinner.text).toBe('Writing (usually 1 to 2 minutes)');
    await clock.pass(42);
    expect(spinner.text).toBe('Writing (0:42, usually 1 to 2 minutes)');
    report.stop();
    await clock.pass(5);
    expect(spinner.text).toBe('Writing (0:42, usually 1 to 2 minutes)');
  });

  it('counts a wait from its first message, and changes with each at once', async () => {
    const { report, spinner, clock } = reporter({ spinning: true });
    const wait = { usually: '1 to 2 minutes' };
    report.progress('Azure updates', { wait });
    await clock.pass(30);
    report.progress('Azure updates: ReconcilingAddons', { wait });
    expect(spinner.text).toBe('Azure updates: ReconcilingAddons (0:30, usually 1 to 2 minutes)');
    await clock.pass(5);
    expect(spinner.text).toBe('Azure updates: ReconcilingAddons (0:35, usually 1 to 2 minutes)');
    report.progress('Reading');
    expect(spinner.text).toBe('Reading');
  });

  it('is in a log one line a change, and one a minute of silence', async () => {
    const { report, stderr, clock } = reporter();
    const wait = { usually: '1 to 2 minutes' };
    report.progress('Azure updates', { wait });
    await clock.pass(30);
    report.progress('Azure updates: Reconciling', { wait });
    report.progress('Azure updates: Reconciling', { wait });
    await clock.pass(119);
    report.note('Somebody else writes.');
    await clock.pass(1);
    report.progress('Reading');
    report.stop();
    await clock.pass(300);
    expect(stderr.text().trimEnd().split('\n')).toEqual([
      'Azure updates (usually 1 to 2 minutes)',
      'Azure updates: Reconciling (0:30, usually 1 to 2 minutes)',
      'Azure updates: Reconciling (1:30, usually 1 to 2 minutes)',
      'Somebody else writes.',
      'Azure updates: Reconciling (2:30, usually 1 to 2 minutes)',
      'Reading',
    ]);
  });

  it('spins again for what goes on after a note', () => {
    const { report, drawn } = reporter({ spinning: true });
    report.progress('Waiting');
    report.note('said');
    report.progress('Waiting');
    expect(drawn).toEqual(['start Waiting', 'stop', 'start Waiting']);
  });

  it('breaks no word of what it spins beside', () => {
    const { report, spinner } = reporter({ spinning: true, columns: 20 });
    report.progress('Waiting for the pods of aks-nodepool1-12345678-vmss');
    expect(spinner.text).toBe('Waiting for the\n  pods of\n  aks-nodepool1-12345678-vmss');
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
