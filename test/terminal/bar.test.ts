import { PassThrough } from 'node:stream';
import { SingleBar } from 'cli-progress';
import { describe, expect, it } from 'vitest';
import { lateBar } from '../../src/terminal/bar.ts';

function terminal() {
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), {
    isTTY: true,
    columns: 80,
    cursorTo: () => true,
    clearLine: () => true,
    moveCursor: () => true,
  });
  let text = '';
  stream.on('data', (chunk: string) => {
    text += chunk;
  });
  const bar = new SingleBar({ format: '{text} {value}/{total}', stream, fps: 1000, gracefulExit: false });
  return { bar, text: () => text };
}

describe('the progress bar', () => {
  it('draws what was reported before it was loaded, and what comes after', async () => {
    const { bar, text } = terminal();
    const late = lateBar(true, () => Promise.resolve(bar));
    late.start('mirroring', 4);
    late.update(2);
    await new Promise(setImmediate);
    late.update(3);
    late.stop();
    await new Promise(setImmediate);
    expect(text()).toContain('mirroring 2/4');
    expect(text()).toContain('mirroring 3/4');
  });

  it('is never drawn when its work was over first, and does not keep the work from going on when it cannot be', async () => {
    const { bar, text } = terminal();
    const late = lateBar(true, () => Promise.resolve(bar));
    late.start('mirroring', 4);
    late.stop();
    await new Promise(setImmediate);
    expect(text()).toBe('');
    const lost = lateBar(true, () => Promise.reject(new Error('not there')));
    lost.start('mirroring', 4);
    lost.update(1);
    await new Promise(setImmediate);
    expect(() => lost.stop()).not.toThrow();
  });
});
