import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../src/runtime/metrics.ts';

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
