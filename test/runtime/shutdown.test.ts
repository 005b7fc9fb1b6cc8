import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { endSignal } from '../../src/runtime/shutdown.ts';

describe('the end signal', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGBREAK'])(
    'comes with the first %s, and leaves the second to Node',
    (name) => {
      const process = new EventEmitter();
      const signal = endSignal(process);
      process.emit(name);
      expect(signal.aborted).toBe(true);
      expect(String(signal.reason)).toContain(name);
      expect(process.eventNames()).toEqual([]);
    },
  );
});
