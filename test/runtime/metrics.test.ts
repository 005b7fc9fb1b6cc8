import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../src/runtime/metrics.ts';
import { processMetrics } from '../../src/runtime/process-metrics.ts';

describe('metrics', () => {
  it('have totals that something else keeps, which Prometheus reads as counters', async () => {
    const metrics = createMetrics();
    let packets = 3;
    metrics.total({ name: 'p_total', help: 'p', labels: ['rule'] }, () => [[{ rule: 'drop' }, packets]]);
    expect(await metrics.text()).toMatch(/# TYPE p_total counter\np_total\{rule="drop"\} 3/);
    packets = 5;
    expect(await metrics.text()).toContain('p_total{rule="drop"} 5');
  });

  it('say of the process what dashboards ask of each', async () => {
    const metrics = createMetrics();
    processMetrics(metrics);
    const text = await metrics.text();
    const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
    expect(value('process_cpu_seconds_total')).toBeGreaterThan(0);
    expect(value('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
    expect(value('process_start_time_seconds')).toBeLessThan(Date.now() / 1000);
    expect(value('process_start_time_seconds')).toBeGreaterThan(1_700_000_000);
  });

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

  it('count each value of a series in every bucket that it is below, whichever way it is found', async () => {
    const metrics = createMetrics();
    const seconds = metrics.histogram({ name: 's', help: 's', labels: ['kind', 'to'] }, [1, 2]);
    const observe = seconds.series({ kind: 'x', to: 'y' });
    observe(1);
    observe(3);
    seconds({ to: 'y', kind: 'x' }, 1.5);
    seconds({ kind: 'xy', to: '' }, 0);
    const text = await metrics.text();
    expect(text).toContain('# TYPE s histogram');
    const of = (kind: string, to: string) =>
      [
        ...text.matchAll(new RegExp(`^s_(\\w+)\\{(?:le="(.*?)",)?kind="${kind}",to="${to}"\\} (.*)$`, 'gm')),
      ].map(([, what, le, value]) => `${what} ${le ?? ''} ${value}`);
    expect(of('x', 'y')).toEqual(['bucket 1 1', 'bucket 2 2', 'bucket +Inf 3', 'sum  5.5', 'count  3']);
    expect(of('xy', '')).toEqual(['bucket 1 1', 'bucket 2 1', 'bucket +Inf 1', 'sum  0', 'count  1']);
  });

  it('leave out what has no value now, and never call it 0', async () => {
    const metrics = createMetrics();
    let known: number | undefined;
    const read = () => (known === undefined ? [] : [[{}, known] as const]);
    metrics.gauge({ name: 'stands', help: 's' }, read);
    metrics.total({ name: 'seen_total', help: 's' }, read);
    expect(await metrics.text()).not.toMatch(/^(?:stands|seen_total)/m);
    known = 1;
    expect(await metrics.text()).toMatch(/^stands 1$[\s\S]*^seen_total 1$/m);
    known = undefined;
    expect(await metrics.text()).not.toMatch(/^(?:stands|seen_total)/m);
  });
});
