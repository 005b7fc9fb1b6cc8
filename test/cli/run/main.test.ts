import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { interruptionBy } from '../../../src/cli/run/main.ts';

describe('a command', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 143],
    ['SIGBREAK', 143],
  ])('ends on %s with %i, and hears of no second one', (name, exitCode) => {
    const process = new EventEmitter();
    const { signal, end } = interruptionBy(process);
    expect(process.emit(name)).toBe(true);
    expect(signal.reason).toMatchObject({ exitCode });
    expect(process.emit(name)).toBe(false);
    end();
    expect(process.eventNames()).toEqual([]);
  });
});
