import { describe, expect, it } from 'vitest';
import { createDecisionLog, type Decision } from '../../../src/nmi/observe/decision-log.ts';
import { handClock } from '../../domain/time/hand-clock.ts';

describe('the log of decisions', () => {
  const decision: Decision = {
    kind: 'msi',
    pod: 'shop/web',
    uid: 'u',
    identity: 'shop/web',
    clientId: '12345678-0000-0000-0000-00000000abcd',
    resource: 'r',
    status: 200,
    from: 'memory',
    reason: '',
    ms: 0.5,
  };

  function log() {
    const lines: { facts: Record<string, unknown>; message: string; level: string }[] = [];
    const at = (level: string) => (facts: Record<string, unknown>, message: string) =>
      void lines.push({ facts, message, level });
    const logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
    return { lines, ...createDecisionLog(logger as never, handClock()) };
  }

  it('writes what is new at once, and sums up what repeats', () => {
    const { record, flush, lines } = log();
    record(decision);
    record({ ...decision, ms: 7.123 });
    record(decision);
    expect(lines.map(({ message }) => message)).toEqual(['decided']);
    flush();
    flush();
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatchObject({ message: 'decided again', facts: { times: 2, slowestMs: 7.12 } });
  });

  it('shortens client ids and long values, and warns of refusals', () => {
    const { record, lines } = log();
    record({ ...decision, status: 400, reason: 'no-binding', resource: 'x'.repeat(64_000) });
    expect(lines[0]).toMatchObject({ level: 'warn', facts: { clientId: '1234…abcd' } });
    expect(String(lines[0]?.facts['resource'])).toHaveLength(200);
  });

  it('writes what is new of one pod, whatever another one asks for', () => {
    const { record, flush, lines } = log();
    for (let index = 0; index < 10_000; index++) {
      record({ ...decision, pod: 'evil/flood', uid: 'e', resource: `r${index}` });
    }
    record(decision);
    expect(lines).toHaveLength(52);
    expect(lines[50]?.facts).toEqual({ pod: 'evil/flood', uid: 'e', overflow: true, ms: 0.5 });
    expect(lines[51]?.facts).toMatchObject({ pod: 'shop/web' });
    flush();
    expect(lines).toHaveLength(53);
    expect(lines[52]?.facts).toMatchObject({ pod: 'evil/flood', times: 9_949 });
  });

  it('names no pod where there is no room for more of them', () => {
    const { record, flush, lines } = log();
    for (let index = 0; index < 10_000; index++) {
      record({ ...decision, uid: `u${index}` });
    }
    expect(lines).toHaveLength(2_501);
    expect(lines[2_500]?.facts).toEqual({ overflow: true, ms: 0.5 });
    for (let minute = 0; minute < 11; minute++) {
      flush();
    }
    record({ ...decision, uid: 'later' });
    expect(lines.at(-1)?.facts).toMatchObject({ uid: 'later' });
  });

  it('writes what is new of a namespace that has few kinds, when another has filled the log', () => {
    const { record, lines } = log();
    for (let index = 0; index < 5_000; index++) {
      const uid = `e${index % 60}`;
      record({ ...decision, pod: `evil/${uid}`, uid, resource: `r${index}` });
    }
    record(decision);
    expect(lines.at(-1)?.facts).toMatchObject({ pod: 'shop/web', resource: 'r' });
    const before = lines.length;
    for (let index = 0; index < 5_000; index++) {
      record({ ...decision, pod: 'evil/e1', uid: 'e1', resource: `other ${index}` });
    }
    expect(lines.length - before).toBeLessThanOrEqual(2);
  });

  it('gives a pod its share back once it was quiet', () => {
    const { record, flush, lines } = log();
    for (let index = 0; index < 60; index++) {
      record({ ...decision, resource: `r${index}` });
    }
    for (let minute = 0; minute < 11; minute++) {
      flush();
    }
    record({ ...decision, resource: 'new' });
    expect(lines.at(-1)?.facts).toMatchObject({ resource: 'new' });
  });

  it('writes a fault with its stack once, and sums up what repeats', () => {
    const { fault, flush, lines } = log();
    for (let index = 0; index < 500; index++) {
      fault(new Error('bug'));
    }
    expect(lines).toMatchObject([
      { level: 'error', facts: { error: 'Error: bug', stack: expect.stringContaining('decision-log.test') } },
    ]);
    flush();
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatchObject({ message: 'a fault of the agent again', facts: { times: 499 } });
  });
});
