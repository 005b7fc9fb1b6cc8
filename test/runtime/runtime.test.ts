import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createBackoff } from '../../src/runtime/backoff.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { createLogger } from '../../src/runtime/logger.ts';
import { createMetrics } from '../../src/runtime/metrics.ts';
import { endSignal } from '../../src/runtime/shutdown.ts';
import { withinTime } from '../../src/runtime/within-time.ts';
import { handClock } from './hand-clock.ts';

describe('a backoff', () => {
  it('doubles up to its ceiling, with jitter, and starts again after a reset', () => {
    const backoff = createBackoff({ firstMs: 100, mostMs: 350, random: () => 0.5 });
    expect([backoff.nextMs(), backoff.nextMs(), backoff.nextMs(), backoff.nextMs()]).toEqual([
      75, 150, 262.5, 262.5,
    ]);
    backoff.reset();
    expect(backoff.nextMs()).toBe(75);
  });
});

describe('the system clock', () => {
  it('ends a wait with the reason of its signal, before and during it', async () => {
    const clock = systemClock();
    const reason = new Error('enough');
    await expect(clock.wait(60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
    const stop = new AbortController();
    const waiting = clock.wait(60_000, stop.signal);
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });
});

describe('a time limit', () => {
  const never = () => new Promise<never>(() => undefined);

  it('gives what the work gave in time', async () => {
    const limit = { clock: handClock(), ms: 100 };
    expect(await withinTime(limit, new AbortController().signal, async () => 'done')).toBe('done');
  });

  it('gives nothing after it, and tells the work', async () => {
    const clock = handClock();
    let told = false;
    const outcome = withinTime({ clock, ms: 100 }, new AbortController().signal, (signal) => {
      signal.addEventListener('abort', () => {
        told = true;
      });
      return never();
    });
    await clock.advance(100);
    expect([await outcome, told]).toEqual([undefined, true]);
  });

  it('passes on what the work throws, and the reason of its caller', async () => {
    const limit = { clock: handClock(), ms: 100 };
    const fault = new Error('fault');
    await expect(withinTime(limit, new AbortController().signal, () => Promise.reject(fault))).rejects.toBe(
      fault,
    );
    const stop = new AbortController();
    const outcome = withinTime(limit, stop.signal, never);
    stop.abort(fault);
    await expect(outcome).rejects.toBe(fault);
  });
});

describe('the logger', () => {
  function lines(
    format: 'json' | 'text',
    write: (logger: ReturnType<typeof createLogger>) => void,
  ): string[] {
    const written: string[] = [];
    write(
      createLogger({
        level: 'info',
        format,
        destination: { write: (line: string) => void written.push(line) },
      }),
    );
    return written;
  }

  it('writes one JSON line an event, with the facts as fields', () => {
    const [line = ''] = lines('json', (logger) => logger.warn({ pod: 'a/b', status: 400 }, 'decided'));
    expect(JSON.parse(line)).toMatchObject({ level: 'warn', msg: 'decided', pod: 'a/b', status: 400 });
    expect(Date.parse(JSON.parse(line).time)).toBeGreaterThan(0);
  });

  it.each(['json', 'text'] as const)('lets no value forge a line of %s', (format) => {
    const forged = 'x\r\n{"level":"info","msg":"all is well"}\u2028';
    const written = lines(format, (logger) => logger.info({ resource: forged }, 'decided'));
    expect(written).toHaveLength(1);
    expect(written[0]?.trimEnd()).not.toMatch(/[\r\n]/);
  });

  it('writes text for people when asked', () => {
    const [line] = lines('text', (logger) => logger.info({ pod: 'a/b' }, 'decided'));
    expect(line).toMatch(/^\S+ INFO decided pod="a\/b"\n$/);
  });

  it('leaves out what is below its level', () => {
    expect(lines('json', (logger) => logger.debug({}, 'detail'))).toEqual([]);
  });
});

describe('metrics', () => {
  it('come out as Prometheus reads them, gauges read anew each time', async () => {
    const metrics = createMetrics();
    metrics.counter({ name: 'c_total', help: 'c', labels: ['kind'] })({ kind: 'x' }, 2);
    metrics.histogram({ name: 'h_seconds', help: 'h' }, [1, 2])({}, 1.5);
    let pods = ['a', 'b'];
    metrics.gauge({ name: 'g', help: 'g', labels: ['pod'] }, () => pods.map((pod) => [{ pod }, 1]));
    expect(await metrics.text()).toMatch(
      /c_total\{kind="x"\} 2[\s\S]*h_seconds_bucket\{le="2"\} 1[\s\S]*g\{pod="b"\} 1/,
    );
    pods = [];
    expect(await metrics.text()).not.toContain('g{pod=');
  });
});

describe('the end signal', () => {
  it.each(['SIGTERM', 'SIGINT'])('comes with the first %s, and leaves the second to Node', (name) => {
    const process = new EventEmitter();
    const signal = endSignal(process);
    process.emit(name);
    expect(signal.aborted).toBe(true);
    expect(String(signal.reason)).toContain(name);
    expect(process.listenerCount('SIGTERM') + process.listenerCount('SIGINT')).toBe(0);
  });
});
