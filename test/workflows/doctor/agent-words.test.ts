import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDecisionLog, type Decision } from '../../../src/nmi/observe/decision-log.ts';
import { createNmiMetrics } from '../../../src/nmi/observe/nmi-metrics.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { createLogger } from '../../../src/runtime/logger.ts';
import { createMetrics } from '../../../src/runtime/metrics.ts';
import { decisionsFor } from '../../../src/workflows/doctor/agent-decisions.ts';
import { sumOf } from '../../../src/workflows/doctor/agent-metrics.ts';

const pod = { namespace: 'shop', name: 'web-1' };

describe("an agent's log", () => {
  const decision: Decision = {
    ...{
      kind: 'msi',
      pod: 'shop/web-1',
      uid: 'u',
      identity: 'shop/web',
      clientId: '',
      resource: 'https://r',
    },
    ...{ status: 400, from: '', reason: 'no-binding', ms: 1 },
  };

  it.each(['json', 'text'] as const)('as %s tells the decisions about one pod', (format) => {
    let text = '';
    const destination = {
      write: (line: string) => {
        text += line;
      },
    };
    const log = createDecisionLog(createLogger({ level: 'info', format, destination }), systemClock());
    log.record(decision);
    log.record({ ...decision, pod: 'shop/web-10' });
    log.record({ ...decision, status: 200, reason: '' });
    expect(decisionsFor(text, pod)).toEqual([
      { pod: 'shop/web-1', status: 400, reason: 'no-binding', resource: 'https://r' },
      { pod: 'shop/web-1', status: 200, reason: '', resource: 'https://r' },
    ]);
  });

  it('may hold anything else', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (lines) => {
        const log = ['{"pod":"shop/web-1"', '"shop/web-1" status=', ...lines].join('\n');
        expect(decisionsFor(log, pod)).toEqual([]);
      }),
    );
  });
});

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
