import { describe, expect, it } from 'vitest';
import { boundWorkloads, workloadGroups } from '../../../src/domain/migrate/bound-workloads.ts';
import type { MigrationFacts } from '../../../src/domain/migrate/migration-facts.ts';
import type { ReadPod, ReadWorkload } from '../../../src/domain/migrate/read-workload.ts';
import type { SeenPod, SeenRecord } from '../../../src/domain/migrate/seen.ts';
import { type Silence, silenceOf } from '../../../src/domain/migrate/silence.ts';
import { kinds, migrationWorld, pod, podOf, read, template, workload } from './migration-world.ts';

const now = '2026-12-01T12:00:00Z';
const labels = { aadpodidbinding: 'web', app: 'web', 'azure.workload.identity/use': 'true' };
const web = workload({ template: template({ labels }) });
const old = '2026-11-20T00:00:00Z';

function podAt(changes: Partial<ReadPod> = {}): ReadPod {
  return { ...podOf(web), createdAt: old, ...changes };
}

const ask: SeenPod = {
  namespace: 'demo',
  name: 'web-1',
  sdk: 'azsdk-python-identity',
  version: '1.15.0',
  chosenBy: 'nothing',
  lastAsked: '2026-12-01T09:00:00Z',
};

const record: SeenRecord = {
  since: old,
  nodes: [{ name: 'aks-1', since: old }],
  unheard: [],
  pods: [],
};

function silence(
  seen: SeenRecord | undefined,
  pods: readonly ReadPod[],
  changes: Partial<MigrationFacts> = {},
): Silence {
  const facts = migrationWorld({
    workloads: kinds({ Deployment: [web] }),
    pods: read(pods),
    seen,
    ...changes,
  });
  const [first] = boundWorkloads(workloadGroups(facts), facts);
  if (first === undefined) {
    throw new Error('The world has a workload with pod identity.');
  }
  return silenceOf(first, facts, Date.parse(now));
}

describe('a workload with the label', () => {
  it('has moved when none of its pods has asked for a day', () => {
    expect(silence(record, [podAt()])).toEqual({ kind: 'silent', since: old });
    const asked = { ...ask, lastAsked: '2026-11-30T11:59:59Z' };
    expect(silence({ ...record, pods: [asked] }, [podAt()])).toEqual({
      kind: 'silent',
      since: asked.lastAsked,
    });
  });

  it('has not moved when one has, as long as that is less than a day ago', () => {
    const pods = [{ ...ask, lastAsked: '2026-11-30T12:00:01Z' }];
    expect(silence({ ...record, pods }, [podAt()])).toEqual({
      kind: 'asked',
      lastAsked: '2026-11-30T12:00:01Z',
    });
  });

  it.each<[string, Partial<SeenPod>]>([
    ['its ReplicaSet, which is there', { controller: { kind: 'ReplicaSet', name: 'web-5c9d', uid: 'set' } }],
    ['a ReplicaSet that is gone', { controller: { kind: 'ReplicaSet', name: 'web-77b4f9', uid: 'no more' } }],
    ['the workload itself', { controller: { kind: 'Deployment', name: 'web', uid: web.uid } }],
  ])('is known by a pod that is gone and was made by %s', (_what, of) => {
    const set: ReadWorkload = {
      ...web,
      kind: 'ReplicaSet',
      name: 'web-5c9d',
      uid: 'set',
      controller: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: web.uid },
    };
    const workloads = kinds({ Deployment: [web], ReplicaSet: [set] });
    const pods = [{ ...ask, name: 'web-77b4f9-x2x2x', ...of }];
    expect(silence({ ...record, pods }, [podAt()], { workloads })).toMatchObject({ kind: 'asked' });
  });

  it.each<[string, Partial<SeenPod>]>([
    ['of another namespace', { namespace: 'other' }],
    [
      'of another name that begins so',
      { name: 'x', controller: { kind: 'ReplicaSet', name: 'web-api-5c9d', uid: 'x' } },
    ],
    ['of another kind', { name: 'x', controller: { kind: 'Job', name: 'web-5c9d', uid: 'x' } }],
    ['that nobody made', { name: 'x' }],
  ])('is not known by a pod %s', (_what, of) => {
    expect(silence({ ...record, pods: [{ ...ask, ...of }] }, [podAt()])).toMatchObject({ kind: 'silent' });
  });

  it('takes a day of record on each node that has one of its pods', () => {
    const two = [podAt(), podAt({ name: 'web-2', nodeName: 'aks-2' })];
    const since = '2026-12-01T09:00:00Z';
    const nodes = [
      { name: 'aks-1', since: old },
      { name: 'aks-2', since },
    ];
    expect(silence({ ...record, since, nodes }, two)).toEqual({
      kind: 'watched',
      since,
      forMs: 3 * 3_600_000,
    });
    // A young agent elsewhere says nothing about it.
    expect(silence({ ...record, since, nodes }, [podAt()])).toMatchObject({ kind: 'silent' });
  });

  it('lets a young pod be, whose agent was there before it, beside an old one', () => {
    const young = podAt({ name: 'web-2', nodeName: 'aks-2', createdAt: '2026-12-01T10:00:00Z' });
    const nodes = [
      { name: 'aks-1', since: old },
      { name: 'aks-2', since: '2026-12-01T09:00:00Z' },
    ];
    expect(silence({ ...record, nodes }, [podAt(), young])).toMatchObject({ kind: 'silent' });
    expect(silence({ ...record, nodes }, [young])).toMatchObject({ kind: 'watched', since: young.createdAt });
  });

  it('takes a record that lost nothing of its namespace', () => {
    const until = '2026-12-01T08:00:00Z';
    const forgot = (namespace: string) => [
      { name: 'aks-1', since: old, forgotten: new Map([[namespace, until]]) },
    ];
    expect(silence({ ...record, nodes: forgot('other') }, [podAt()])).toMatchObject({ kind: 'silent' });
    expect(silence({ ...record, nodes: forgot('demo') }, [podAt()])).toMatchObject({
      kind: 'watched',
      since: until,
    });
  });

  it.each<[string, SeenRecord | undefined, readonly ReadPod[], RegExp]>([
    ['no agent runs', undefined, [podAt()], /no agent/],
    [
      'no agent answers',
      { ...record, nodes: [], unheard: [{ node: 'aks-1', why: 'refused' }] },
      [podAt()],
      /no agent/,
    ],
    [
      'the agent of a node of its pods does not answer',
      { ...record, unheard: [{ node: 'aks-2', why: 'it is away' }] },
      [podAt(), podAt({ name: 'web-2', nodeName: 'aks-2' })],
      /^the agent of node aks-2, which has pod web-2, did not answer: it is away$/,
    ],
    ['a pod has no node', record, [podAt({ nodeName: '' })], /no node yet/],
    [
      'it has no pods, and an agent somewhere does not answer',
      { ...record, unheard: [{ node: 'aks-2', why: 'it is away' }] },
      [],
      /no pods/,
    ],
    ['a pod does not say since when it is there', record, [podAt({ createdAt: '' })], /when it was created/],
  ])('is unknown where %s', (_what, seen, pods, why) => {
    const isHeard = seen?.unheard?.length === 0;
    expect(silence(seen, pods)).toEqual({
      kind: 'unknown',
      why: expect.stringMatching(why),
      ...(isHeard ? { since: old } : {}),
    });
  });

  const until = '2026-12-01T08:00:00Z';
  it.each<[string, readonly ReadPod[], SeenRecord['nodes'], string]>([
    ['a pod is without the label', [podAt({ labels: {} })], record.nodes, old],
    ['it began after the agent', [podAt({ labels: {}, createdAt: until })], record.nodes, old],
    [
      'a record lost what its namespace asked until then',
      [],
      [{ name: 'aks-9', since: old, forgotten: new Map([['demo', until]]) }],
      until,
    ],
  ])('is unknown, and was watched, where all agents answer: %s', (_what, pods, nodes, since) => {
    const record: SeenRecord = { since: old, nodes: nodes ?? [], unheard: [], pods: [] };
    expect(silence(record, pods)).toMatchObject({ kind: 'unknown', since });
    const asked = { ...ask, controller: { kind: 'Deployment', name: 'web', uid: web.uid } };
    expect(silence({ ...record, pods: [{ ...asked, lastAsked: '2026-11-25T00:00:00Z' }] }, pods)).toEqual({
      kind: 'unknown',
      why: expect.any(String),
    });
  });
});

describe('a CronJob with the label', () => {
  const nightly = workload({ kind: 'CronJob', name: 'nightly', template: template({ labels }) });
  const job = (uid: string): ReadWorkload => ({
    ...nightly,
    kind: 'Job',
    name: `nightly-${uid}`,
    uid,
    finished: true,
    controller: { apiVersion: 'batch/v1', kind: 'CronJob', name: 'nightly', uid: nightly.uid },
  });
  const run = (changes: Partial<ReadPod> = {}): ReadPod =>
    pod({
      name: 'nightly-1-abc',
      template: nightly.template,
      labels,
      finished: true,
      succeeded: true,
      createdAt: '2026-12-01T02:00:00Z',
      controller: { apiVersion: 'batch/v1', kind: 'Job', name: 'nightly-1', uid: '1' },
      ...changes,
    });
  const ofRuns = (seen: SeenRecord, pods: readonly ReadPod[]) =>
    silence(seen, pods, { workloads: kinds({ CronJob: [nightly], Job: [job('1'), job('2')] }) });

  it('has moved after one whole run without a request, however short that was', () => {
    expect(ofRuns(record, [run()])).toEqual({ kind: 'silent', since: '2026-12-01T02:00:00Z' });
  });

  it.each<[string, Partial<ReadPod>]>([
    ['failed', { succeeded: false }],
    ['goes on', { succeeded: false, finished: false }],
    ['had no label', { labels: {} }],
    ['was on a node whose agent does not answer', { nodeName: 'aks-9' }],
    ['began before the agent', { createdAt: '2026-11-19T00:00:00Z' }],
  ])('has not after one that %s', (_what, changes) => {
    expect(ofRuns(record, [run(changes)])).toEqual({
      kind: 'unknown',
      why: expect.stringContaining('run'),
      since: old,
    });
  });

  it('has not where the run asked, and has after the next one that did not', () => {
    const asked = { ...ask, name: 'gone', controller: { kind: 'Job', name: 'nightly-1', uid: '1' } };
    const seen = { ...record, pods: [{ ...asked, lastAsked: '2026-12-01T02:00:30Z' }] };
    expect(ofRuns(seen, [run()])).toEqual({ kind: 'asked', lastAsked: '2026-12-01T02:00:30Z' });
    const controller = { apiVersion: 'batch/v1', kind: 'Job', name: 'nightly-2', uid: '2' };
    const next = run({ name: 'nightly-2-abc', createdAt: '2026-12-01T03:00:00Z', controller });
    expect(ofRuns(seen, [run(), next])).toEqual({ kind: 'silent', since: '2026-12-01T03:00:00Z' });
  });
});
