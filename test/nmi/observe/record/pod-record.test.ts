import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TokenRequest } from '../../../../src/nmi/http/token-request.ts';
import {
  createPodRecord,
  keptMs,
  mostReasons,
  type PodRecord,
  usesInAll,
  usesOfPod,
} from '../../../../src/nmi/observe/record/pod-record.ts';
import type { RecordedPod } from '../../../../src/nmi/observe/record/record-document.ts';

const startMs = Date.parse('2026-11-30T00:00:00Z');
const python = 'azsdk-python-identity/1.15.0 Python/3.12';
const vault: TokenRequest = { kind: 'request', resource: 'https://vault.azure.net' };

const pod = (uid: string, namespace = 'shop', controller?: RecordedPod['controller']): RecordedPod => ({
  uid,
  namespace,
  name: `${uid}-name`,
  ...(controller === undefined ? {} : { controller }),
});

function world() {
  const there = new Set<string>();
  let nowMs = startMs;
  const record = createPodRecord({
    node: 'aks-1',
    clock: { now: () => nowMs },
    isThere: (uid) => there.has(uid),
  });
  return { record, there, pass: (ms: number) => (nowMs += ms) };
}

/** Those of one pod, as they are shown. */
function usesOf(record: PodRecord, uid: string) {
  return record.document().pods.find((each) => each.uid === uid)?.uses ?? [];
}

describe('the record of what pods ask', () => {
  it('says of each pod with what it asked, for what, how, and how it ended', () => {
    const { record, there, pass } = world();
    there.add('web');
    const controller = { kind: 'ReplicaSet', name: 'web-5c9d', uid: 'set' };
    record.asked(pod('web', 'shop', controller), vault, python, 'answered');
    pass(60_000);
    record.asked(pod('web', 'shop', controller), { ...vault, clientId: 'c' }, 'curl/8.5.0', 'no-binding');
    expect(record.document()).toEqual({
      node: 'aks-1',
      since: '2026-11-30T00:00:00.000Z',
      forgotten: [],
      pods: [
        {
          uid: 'web',
          namespace: 'shop',
          name: 'web-name',
          controller,
          requests: 2,
          refused: { 'no-binding': 1 },
          uses: [
            {
              sdk: 'azsdk-python-identity',
              version: '1.15.0',
              resource: 'https://vault.azure.net',
              chosenBy: 'nothing',
              outcome: 'answered',
              lastAsked: '2026-11-30T00:00:00.000Z',
            },
            {
              sdk: 'curl',
              version: '8.5.0',
              resource: 'https://vault.azure.net',
              chosenBy: 'client-id',
              outcome: 'no-binding',
              lastAsked: '2026-11-30T00:01:00.000Z',
            },
          ],
        },
      ],
    });
  });

  it.each([
    [{ clientId: 'c' }, 'client-id'],
    [{ resourceId: 'r' }, 'resource-id'],
    [{ objectId: 'o' }, 'object-id'],
    [{ clientId: 'c', resourceId: 'r' }, 'client-id'],
    [{}, 'nothing'],
  ])('says that %j named the identity by %s', (named, chosenBy) => {
    const { record } = world();
    record.asked(pod('web'), { ...vault, ...named }, python, 'answered');
    expect(usesOf(record, 'web')).toMatchObject([{ chosenBy }]);
    expect(JSON.stringify(record.document())).not.toMatch(/"[cro]"/);
  });

  it('says that the driver named the pod', () => {
    const { record } = world();
    record.driverAsked(pod('web'), { ...vault, clientId: 'c' }, 'Go-http-client/1.1', 'answered');
    expect(usesOf(record, 'web')).toMatchObject([{ chosenBy: 'pod-name', sdk: 'Go-http-client' }]);
  });

  it('keeps one entry for what repeats, by whichever object it is asked', () => {
    const { record, pass } = world();
    for (let again = 0; again < 100; again += 1) {
      pass(1_000);
      record.asked(
        pod('web'),
        again % 2 === 0 ? vault : { ...vault },
        python,
        again < 99 ? 'answered' : 'imds-busy',
      );
    }
    expect(usesOf(record, 'web')).toMatchObject([
      { lastAsked: '2026-11-30T00:01:40.000Z', outcome: 'imds-busy' },
    ]);
    expect(record.uses).toBe(1);
  });

  it.each([
    ['eyJhbGciOi secret', 'other'],
    ['https://vault.azure.net\u202e', 'other'],
    [`https://${'x'.repeat(2_000)}`, 'other'],
    ['api://00000000-0000-4000-8000-000000000001', 'api://00000000-0000-4000-8000-000000000001'],
  ])('repeats of resources only what an audience looks like: %j', (resource, shown) => {
    const { record } = world();
    record.asked(pod('web'), { ...vault, resource }, python, 'answered');
    expect(usesOf(record, 'web')).toMatchObject([{ resource: shown }]);
  });

  it('lets a pod that asks in a million ways lose its own oldest, and nobody else anything', () => {
    const { record, there, pass } = world();
    there.add('calm').add('wild');
    record.asked(pod('calm', 'quiet'), vault, python, 'answered');
    for (let way = 0; way < 20_000; way += 1) {
      pass(1);
      record.asked(
        pod('wild'),
        { ...vault, resource: `https://${way}.example` },
        `curl/8.${way % 999}.0`,
        'answered',
      );
    }
    expect(usesOf(record, 'calm')).toHaveLength(1);
    const wild = usesOf(record, 'wild');
    expect(wild).toHaveLength(usesOfPod);
    expect(wild.map(({ resource }) => resource)).toContain('https://19999.example');
    expect(record.document().forgotten).toEqual([]);
  });

  it('keeps what pods asked that are gone for eight days, and then says that it knows no more', () => {
    const { record, pass } = world();
    record.asked(pod('job'), vault, python, 'answered');
    pass(keptMs - 1);
    expect(usesOf(record, 'job')).toHaveLength(1);
    expect(record.document().since).toBe('2026-11-30T00:00:00.000Z');
    pass(2);
    expect(record.document()).toMatchObject({ since: '2026-11-30T00:00:00.001Z', pods: [] });
    expect(record.uses).toBe(0);
  });

  it('loses pods that are gone before any that is there, first those of whoever has most, and says up to when', () => {
    const { record, there, pass } = world();
    there.add('here');
    record.asked(pod('here', 'calm'), vault, python, 'answered');
    record.asked(pod('gone', 'calm'), vault, python, 'answered');
    for (let one = 0; one < usesInAll + 500; one += 1) {
      pass(1_000);
      record.asked(pod(`job-${one}`, 'busy'), vault, python, 'answered');
    }
    expect(record.uses).toBe(usesInAll);
    expect(usesOf(record, 'here')).toHaveLength(1);
    expect(usesOf(record, 'gone')).toHaveLength(1);
    const { forgotten, since } = record.document();
    expect(since).toBe('2026-11-30T00:00:00.000Z');
    expect(forgotten).toEqual([{ namespace: 'busy', until: new Date(startMs + 502_000).toISOString() }]);
  });

  it('is bounded, whole and honest under whatever is asked', () => {
    const step = fc.record({
      uid: fc.integer({ min: 0, max: 900 }),
      namespace: fc.integer({ min: 0, max: 3 }),
      way: fc.integer({ min: 0, max: 30 }),
      leaves: fc.boolean(),
      ms: fc.integer({ min: 0, max: 3_600_000 }),
    });
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 50, maxLength: 400 }),
        fc.integer({ min: 1, max: 40 }),
        (steps, times) => {
          const { record, there, pass } = world();
          const asked = new Map<string, number>();
          let nowMs = startMs;
          for (const { uid, namespace, way, leaves, ms } of steps) {
            const own = `${uid}-${namespace}`;
            leaves ? there.delete(own) : there.add(own);
            pass(ms);
            nowMs += ms;
            for (let time = 0; time < times; time += 1) {
              const resource = `https://${way + time}.example`;
              record.asked(
                pod(own, `ns-${namespace}`),
                { ...vault, resource },
                `curl/8.${way}.0`,
                'answered',
              );
            }
            asked.set(own, nowMs);
          }
          const { pods, forgotten, since } = record.document();
          const counted = pods.reduce((sum, { uses }) => sum + uses.length, 0);
          expect(counted).toBe(record.uses);
          expect(counted).toBeLessThanOrEqual(usesInAll);
          expect(Math.max(...pods.map(({ uses }) => uses.length))).toBeLessThanOrEqual(usesOfPod);
          // Who is not in it, or not with the last that he asked, has not asked since, or is said to be forgotten.
          for (const [own, lastMs] of asked) {
            const shown = pods
              .find((each) => each.uid === own)
              ?.uses.map(({ lastAsked }) => Date.parse(lastAsked));
            const namespace = `ns-${own.split('-')[1]}`;
            const until = forgotten.find((each) => each.namespace === namespace)?.until ?? since;
            expect(Math.max(Date.parse(until), Date.parse(since), ...(shown ?? []))).toBeGreaterThanOrEqual(
              lastMs,
            );
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('counts what a pod asked, and why it was refused, by a few reasons', () => {
    const { record, there } = world();
    there.add('web');
    for (let ask = 0; ask < 1_000; ask += 1) {
      record.asked(pod('web'), vault, python, 'answered');
      record.driverAsked(pod('web'), vault, undefined, `reason-${ask % 20}`);
    }
    const [{ requests, refused = {} } = { requests: 0 }] = record.document().pods;
    expect(requests).toBe(2_000);
    expect(refused).toMatchObject({ 'reason-0': 50, other: 1_000 - mostReasons * 50 });
    expect(Object.keys(refused)).toHaveLength(mostReasons + 1);
  });

  it('grows by less than 60 bytes a pod for what is counted, on a node of 400 pods', () => {
    const { record, there } = world();
    for (let one = 0; one < 400; one += 1) {
      there.add(`${one}`);
      for (let ask = 0; ask < 100; ask += 1) {
        record.asked(pod(`${one}`), vault, python, one % 10 === 0 ? 'no-binding' : 'answered');
      }
    }
    const { pods } = record.document();
    const bare = pods.map(({ requests: _requests, refused: _refused, ...rest }) => rest);
    const bytes = (of: unknown) => JSON.stringify(of).length;
    expect(pods).toHaveLength(400);
    expect(bytes(pods) - bytes(bare)).toBeLessThan(400 * 60);
  });

  it('of a full node has at most 2 MB as a text', () => {
    const { record, there } = world();
    for (let one = 0; one < 500; one += 1) {
      there.add(`${one}`);
      for (let way = 0; way < 2 * usesOfPod; way += 1) {
        record.asked(
          pod(`${one}`, 'n'.repeat(63), { kind: 'ReplicaSet', name: 'x'.repeat(253), uid: 'u'.repeat(36) }),
          { ...vault, resource: `https://${way}.${'x'.repeat(80)}` },
          'azsdk-java-azure-identity/1.11.0-alpha.20240307.1',
          'identity-not-assigned',
        );
      }
    }
    expect(record.uses).toBe(usesInAll);
    expect(JSON.stringify(record.document()).length).toBeLessThan(2_000_000);
  });
});
