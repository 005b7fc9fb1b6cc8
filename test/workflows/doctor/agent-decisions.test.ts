import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDecisionLog, type Decision } from '../../../src/nmi/observe/decision-log.ts';
import { createLogger } from '../../../src/runtime/logger.ts';
import { systemClock } from '../../../src/runtime/system-clock.ts';
import { decisionsFor } from '../../../src/workflows/doctor/agent-decisions.ts';

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

  it.each(['json', 'text'] as const)('as %s reports the decisions about one pod', (format) => {
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
