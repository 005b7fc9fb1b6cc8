import { describe, expect, it } from 'vitest';
import { createNmiMetrics } from '../../../src/nmi/observe/nmi-metrics.ts';
import { createMetrics } from '../../../src/runtime/metrics.ts';
import { sumOf } from '../../../src/workflows/doctor/agent-metrics.ts';

describe("an agent's numbers", () => {
  const text = [
    '# HELP a things',
    'a{x="1",y="a,b=\\"c\\""} 2',
    'a{y="z",x="1"} 3',
    'a{x="2"} 10',
    'a_sum{x="1"} 100',
    'a 7',
    'a{x="1"} NaN',
  ].join('\n');

  it('are read as the agent itself writes them', async () => {
    const metrics = createMetrics();
    const { operation } = createNmiMetrics(metrics);
    for (const status of [200, 200, 403]) {
      operation({
        type: 'msi',
        status,
        namespace: 'shop',
        resource: 'https://vault.azure.net',
        seconds: 0.1,
      });
    }
    const name = 'aadpodidentity_nmi_operations_duration_seconds_count';
    const labels = { operation_type: 'msi', namespace: 'shop' };
    expect(sumOf(await metrics.text(), name, labels)).toBe(3);
    expect(sumOf(await metrics.text(), name, { ...labels, status_code: '200' })).toBe(2);
    expect(sumOf(await metrics.text(), name, { ...labels, namespace: 'other' })).toBe(0);
  });

  it('are summed over the samples that have the labels', () => {
    expect(sumOf(text, 'a', { x: '1' })).toBe(5);
    expect(sumOf(text, 'a', { x: '1', y: 'a,b="c"' })).toBe(2);
    expect(sumOf(text, 'a', {})).toBe(22);
    expect(sumOf(text, 'b', {})).toBe(0);
  });
});
