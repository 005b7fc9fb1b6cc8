import { describe, expect, it } from 'vitest';
import { createTokenJson } from '../../src/nmi/http/answer.ts';
import { createDecisionLog, type Decision } from '../../src/nmi/observe/decision-log.ts';
import { resourceLabel } from '../../src/nmi/observe/nmi-metrics.ts';
import { whyNotReady } from '../../src/nmi/observe/readiness.ts';
import type { Heartbeat } from '../../src/nmi/rules/heartbeat.ts';
import type { AccessToken } from '../../src/nmi/tokens/token.ts';
import { handClock } from '../runtime/hand-clock.ts';

const token: AccessToken = {
  accessToken: 'aaa.bbb',
  clientId: 'c-1',
  resource: 'https://vault.azure.net/ü"',
  tokenType: 'Bearer',
  expiresOnSec: 1_000,
  notBeforeSec: 100,
};

describe('the JSON of a token', () => {
  it('counts the seconds that are left anew each time, in strings of digits', () => {
    const json = createTokenJson();
    expect(JSON.parse(json.forPod([token], 400_000))).toEqual({
      access_token: 'aaa.bbb',
      client_id: 'c-1',
      expires_in: '600',
      expires_on: '1000',
      ext_expires_in: '600',
      not_before: '100',
      resource: token.resource,
      token_type: 'Bearer',
    });
    expect(JSON.parse(json.forPod([token], 900_500))).toMatchObject({ expires_in: '99' });
    expect(JSON.parse(json.forPod([token], 2_000_000))).toMatchObject({ expires_in: '0' });
  });

  it('is ASCII, so that its length is its number of bytes', () => {
    const text = createTokenJson().forPod([token], 0);
    expect(Buffer.byteLength(text)).toBe(text.length);
  });

  it('is an array for several tenants, and the first of them for the driver', () => {
    const json = createTokenJson();
    const second = { ...token, accessToken: 'ccc' };
    expect(JSON.parse(json.forPod([token, second], 0))).toMatchObject([
      { access_token: 'aaa.bbb' },
      { access_token: 'ccc' },
    ]);
    expect(JSON.parse(json.forHost([token, second], 0))).toMatchObject({
      token: { access_token: 'aaa.bbb' },
      clientid: 'c-1',
    });
  });
});

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
      { level: 'error', facts: { error: 'Error: bug', stack: expect.stringContaining('parts.test') } },
    ]);
    flush();
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatchObject({ message: 'a fault of the agent again', facts: { times: 499 } });
  });
});

describe('the readiness', () => {
  const beat: Heartbeat = {
    rules: { intact: true, backend: 'nft', putBack: 0, packets: {} },
    guard: { active: false, pods: 0, unknown: 0, putBack: 0, packets: {} },
    listenOn: [],
    problems: [],
    addresses: {},
    intervalMs: 5_000,
    writtenAtMs: 0,
    writtenAtUptimeMs: 0,
  };
  const fine = {
    notListening: [],
    gateClosed: undefined,
    watches: new Map([['pods', { synced: true, live: true, heardAt: 0 }]]),
    redirectedByOthers: false,
    rules: { latest: beat, isFresh: true },
    draining: false,
    nowMs: 60_000,
  };
  const blocking = { kind: 'ebpf-host-routing' as const, blocking: true, message: 'no netfilter' };

  it('is there when nothing is missing', () => {
    expect(whyNotReady(fine)).toEqual([]);
  });

  it.each([
    [
      'the caches are empty',
      { watches: new Map([['pods', { synced: false, live: false, heardAt: undefined }]]) },
      /list of pods/,
    ],
    [
      'the API server is away',
      { watches: new Map([['pods', { synced: true, live: false, heardAt: 45_000 }]]) },
      /for 15 s; serving/,
    ],
    ['nobody keeps rules', { rules: { latest: undefined, isFresh: false } }, /No report says/],
    ['their keeper is dead', { rules: { latest: beat, isFresh: false } }, /not reported for too long/],
    [
      'the rules are broken',
      { rules: { latest: { ...beat, rules: { ...beat.rules, intact: false } }, isFresh: true } },
      /not as they should/,
    ],
    [
      'the node cannot be held',
      { rules: { latest: { ...beat, problems: [blocking] }, isFresh: true } },
      /no netfilter/,
    ],
    ['a port is taken', { notListening: ['port 2579'] }, /port 2579/],
    ['the agent ends', { draining: true }, /ending/],
  ])('is not there when %s', (_title, facts, reason) => {
    expect(whyNotReady({ ...fine, ...facts })).toEqual([expect.stringMatching(reason)]);
  });

  it('outlasts a watch that is being resumed, and a warning', () => {
    const resumed = new Map([['pods', { synced: true, live: false, heardAt: 55_000 }]]);
    expect(whyNotReady({ ...fine, watches: resumed })).toEqual([]);
    const warned = { latest: { ...beat, problems: [{ ...blocking, blocking: false }] }, isFresh: true };
    expect(whyNotReady({ ...fine, rules: warned })).toEqual([]);
  });
});

describe('the label of a resource', () => {
  it.each([
    ['https://vault.azure.net', 'vault.azure.net'],
    ['https://vault.azure.net/', 'vault.azure.net'],
    ['https://management.azure.com/.default', 'management.azure.com'],
    ['https://attacker.example/1', 'other'],
    ['', 'other'],
  ])('for %s is one of a few', (resource, label) => {
    expect(resourceLabel(resource)).toBe(label);
  });
});
