import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/emulator/exact-json.ts';
import type { EmulatedPodid } from './emulated-podid.ts';
import { lastCommand, ownedWorld } from './migration-worlds.ts';
import { typeOthers } from './type-others.ts';

interface Row {
  readonly state: string;
  readonly route: string;
  readonly seen: { readonly sdk: string; readonly version: string; readonly lastAsked: string } | null;
  readonly silence: { readonly state: string; readonly since?: string; readonly why?: string };
  readonly blockers: readonly { readonly code: string; readonly message: string }[];
  readonly passed?: readonly { readonly code: string }[];
  readonly next: string;
}

const daySec = 24 * 60 * 60;

async function planOf(
  podid: EmulatedPodid,
): Promise<Row & { readonly unread: readonly { readonly what: string }[] }> {
  const { workloads, unread } = (await podid.json('migrate plan -o json')) as {
    workloads: readonly Row[];
    unread: readonly { readonly what: string }[];
  };
  const [web] = workloads;
  if (web === undefined) {
    throw new Error('Deployment demo/web has pod identity.');
  }
  return { ...web, unread };
}

/** What pods asked, in place of what the scenario says. */
function setAsks({ emulator }: EmulatedPodid, record: JsonObject): void {
  emulator.world.tokenAsks = { asks: [] };
  emulator.seed({ record });
}

const python = { namespace: 'demo', name: 'web-1', sdk: 'azsdk-python-identity', version: '1.15.0' };

/** Until its template has the label, by the commands that the plan prints; and a pod that was made of it, three days ago. */
async function toDual(podid: EmulatedPodid): Promise<void> {
  setAsks(podid, { sinceAgoSec: 5 * daySec, asks: [python] });
  for (let step = 0; step < 3; step += 1) {
    await typeOthers(podid, lastCommand((await planOf(podid)).next));
  }
  const { kube } = podid.emulator;
  const pod = kube.get('pods', 'demo', 'web-1');
  if (pod === undefined) {
    throw new Error('The scenario has pod demo/web-1.');
  }
  const labels = { ...pod.metadata.labels, 'azure.workload.identity/use': 'true' };
  const creationTimestamp = new Date(Date.now() - 3 * daySec * 1000).toISOString().replace(/\.\d+/, '');
  kube.remove('Pod', 'demo', 'web-1');
  kube.seed({ ...pod, metadata: { ...pod.metadata, labels, creationTimestamp, uid: 'labelled' } });
}

/** Its agents, by name. */
function agentsOf({ emulator: { kube } }: EmulatedPodid) {
  return kube.list('pods', 'kube-system').filter(({ metadata }) => metadata.name.startsWith('podid-nmi-'));
}

describe('what podid migrate shows of what pods asked', () => {
  it('is library, version and how long ago, in the table and in JSON', async () => {
    await using podid = await ownedWorld();
    setAsks(podid, { asks: [{ ...python, agoSec: 2 * 60 * 60 + 60 }] });
    const { stdout } = await podid.run('migrate plan -o table');
    expect(stdout).toContain('azsdk-python-identity 1.15.0 · 2 h ago');
    const { seen, state, silence } = await planOf(podid);
    expect(seen).toEqual({
      sdk: 'azsdk-python-identity',
      version: '1.15.0',
      lastAsked: expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
    expect([state, silence.state]).toEqual(['planned', 'asked']);
  });

  it.each<[string, JsonObject, { code: string; route: string; isPassed?: true; says: RegExp }]>([
    [
      'an old library',
      { ...python, version: '1.12.0' },
      {
        code: 'SdkTooOld',
        route: 'proxy',
        isPassed: true,
        says: /asks with azsdk-python-identity 1\.12\.0; Workload Identity takes 1\.13\.0 or newer/,
      },
    ],
    [
      'a script',
      { ...python, sdk: 'curl', version: '8.5.0' },
      {
        code: 'SdkTooOld',
        route: 'proxy',
        isPassed: true,
        says: /asks with curl 8\.5\.0, which does not take/,
      },
    ],
    [
      'a client of no known name',
      { namespace: 'demo', name: 'web-1' },
      { code: 'SdkUnknown', route: 'native', says: /a client, which names no library/ },
    ],
    [
      'a library without a version',
      { ...python, version: '' },
      { code: 'SdkUnknown', route: 'native', says: /does not say its version/ },
    ],
    [
      'a choice by resource id',
      { ...python, chosenBy: 'resource-id' },
      { code: 'ChoiceByResourceId', route: 'exchange', isPassed: true, says: /by its resource id/ },
    ],
  ])('has %s as what it means for the way', async (_what, ask, { code, route, isPassed, says }) => {
    await using podid = await ownedWorld();
    setAsks(podid, { asks: [ask] });
    const plan = await planOf(podid);
    expect([plan.route, plan.state]).toEqual([route, isPassed ? 'planned' : `blocked(${code})`]);
    const found = [...plan.blockers, ...((plan.passed ?? []) as Row['blockers'])].find(
      (each) => each.code === code,
    );
    expect(found?.message).toMatch(says);
  });

  it('has each library of a pod, and not what somebody asked once by hand days before', async () => {
    await using podid = await ownedWorld();
    const curl = { ...python, sdk: 'curl', version: '8.5.0' };
    setAsks(podid, { asks: [python, { ...curl, agoSec: 3_600 }] });
    expect((await planOf(podid)).passed).toMatchObject([{ code: 'SdkTooOld' }]);
    setAsks(podid, { asks: [python, { ...curl, agoSec: 3 * 86_400 }] });
    expect((await planOf(podid)).passed).toBeUndefined();
  });

  it('says that a workload has never asked, and since when that is known', async () => {
    await using podid = await ownedWorld();
    setAsks(podid, { sinceAgoSec: 2 * daySec, asks: [] });
    const { seen, blockers, state } = await planOf(podid);
    expect([seen, state]).toEqual([null, 'blocked(SdkUnknown)']);
    expect(blockers[0]?.message).toMatch(
      /has not asked for a token since 20\S+Z, when the agents' record begins/,
    );
  });

  it('has nothing against a workload that has not asked while the record is younger than a day', async () => {
    await using podid = await ownedWorld();
    setAsks(podid, { sinceAgoSec: 3 * 3_600 + 60, asks: [] });
    const { seen, state, silence } = await planOf(podid);
    expect([seen, state]).toEqual([null, 'planned']);
    expect(silence).toMatchObject({ state: 'unknown', since: expect.stringMatching(/^20\S+Z$/) });
    expect((await podid.run('migrate plan -o table')).stdout).toMatch(/ nothing in 3 h +— /);
  });

  it('is unknown where an agent does not answer, and the reason is told', async () => {
    await using podid = await ownedWorld();
    for (const agent of agentsOf(podid)) {
      const annotations = { ...agent.metadata.annotations, 'emulator.podid.io/answers': '{}' };
      podid.emulator.kube.seed({ ...agent, metadata: { ...agent.metadata, annotations } });
    }
    const { stdout, stderr } = await podid.run('migrate plan -o table');
    expect(stdout).toMatch(/ unknown +— /);
    expect(stderr).toMatch(
      /could not read what pods ask of the agents on aks-nodepool1\S+, aks-nodepool1\S+: /,
    );
    const { seen, silence, unread, state } = await planOf(podid);
    expect([seen, silence.state, state]).toEqual([null, 'unknown', 'planned']);
    expect(unread).toHaveLength(1);
  });
});

describe('a workload with the label', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'podid-seen-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is moved by podid migrate status a day after its pods last asked, and dual before', async () => {
    await using podid = await ownedWorld();
    const file = join(folder, 'plan.yaml');
    expect((await podid.run(`migrate plan --out ${file}`)).exitCode).toBe(0);
    await toDual(podid);
    const status = async (agoSec: number) => {
      setAsks(podid, { sinceAgoSec: 5 * daySec, asks: [{ ...python, agoSec }] });
      const { workloads } = (await podid.json(`migrate status -f ${file} -o json`)) as {
        workloads: readonly Row[];
      };
      return workloads[0];
    };
    const before = await status(daySec - 3_600);
    expect(before).toMatchObject({ state: 'dual', silence: { state: 'asked' } });
    expect(before?.next).toMatch(
      /^It asked an agent at 20\S+Z\. After a day, .* without: podid migrate plan /,
    );
    expect(await status(daySec + 60)).toMatchObject({ state: 'moved', silence: { state: 'silent' } });
    // A last pod of before, which is gone by now, asked on another node.
    podid.emulator.seed({
      record: {
        asks: [
          {
            ...python,
            name: 'web-5c9d-x7k2p',
            node: 'aks-nodepool1-12345678-vmss000001',
            controller: { kind: 'ReplicaSet', name: 'web-5c9d' },
          },
        ],
      },
    });
    const { workloads } = (await podid.json(`migrate status -f ${file} -o json`)) as {
      workloads: readonly Row[];
    };
    expect(workloads).toMatchObject([{ state: 'dual', silence: { state: 'asked' } }]);
  });

  it('is not moved after an agent was restarted, until that has watched for a day', async () => {
    await using podid = await ownedWorld();
    await toDual(podid);
    setAsks(podid, { sinceAgoSec: 5 * daySec, asks: [] });
    expect(await planOf(podid)).toMatchObject({ state: 'moved' });
    setAsks(podid, { sinceAgoSec: 3 * 3_600 + 60, asks: [] });
    const plan = await planOf(podid);
    expect(plan).toMatchObject({ state: 'dual', silence: { state: 'watched' } });
    expect(plan.next).toMatch(
      /^Its pods have not asked since 20\S+Z\. After a day of that: podid migrate plan /,
    );
    expect((await podid.run('migrate plan -o table')).stdout).toMatch(/nothing in 3 h .* watched for 3 h/);
    setAsks(podid, { sinceAgoSec: daySec + 60, asks: [] });
    expect(await planOf(podid)).toMatchObject({ state: 'moved' });
  });

  it('is never moved where the agent of its node does not answer', async () => {
    await using podid = await ownedWorld();
    await toDual(podid);
    setAsks(podid, { sinceAgoSec: 5 * daySec, asks: [] });
    const [agent] = agentsOf(podid);
    if (agent === undefined) {
      throw new Error('The scenario has agents.');
    }
    const annotations = { ...agent.metadata.annotations, 'emulator.podid.io/answers': '{}' };
    podid.emulator.kube.seed({ ...agent, metadata: { ...agent.metadata, annotations } });
    const plan = await planOf(podid);
    expect(plan).toMatchObject({ state: 'dual', silence: { state: 'unknown' } });
    expect(plan.next).toMatch(/did not answer/);
  });

  it('that goes on asking with ManagedIdentityCredential of Go is told so', async () => {
    await using podid = await ownedWorld();
    await toDual(podid);
    setAsks(podid, { asks: [{ ...python, sdk: 'azsdk-go-azidentity', version: '1.7.0' }] });
    const plan = await planOf(podid);
    expect(plan.passed).toMatchObject([{ code: 'GoManagedIdentity' }]);
  });
});
