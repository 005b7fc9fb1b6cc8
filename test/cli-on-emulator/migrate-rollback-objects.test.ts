import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/emulator/kube/objects/kube-object.ts';
import type { EmulatedPodid } from './emulated-podid.ts';
import { commandsIn } from './hint-commands.ts';
import {
  accountAnnotations,
  apply,
  credentialsOf,
  hasToken,
  laterWorld,
  migrate,
  movingWorld,
  podsOf,
  templateLabels,
  until,
  writes,
} from './moving-worlds.ts';

const use = 'azure.workload.identity/use';
const back = 'rollback --workload deployment/web';

interface DryRun {
  readonly changes: readonly { readonly kind: string }[];
}

async function kindsOf(podid: EmulatedPodid, line: string): Promise<readonly string[]> {
  const { changes } = (await podid.json(`migrate ${line} --dry-run -o json`)) as DryRun;
  return changes.map(({ kind }) => kind);
}

/** A pod of before has asked, a minute ago. */
function ask({ emulator }: EmulatedPodid, more: object): void {
  const agent = emulator.kube
    .list('Pod', 'kube-system')
    .find(({ metadata }) => metadata.name.startsWith('podid-nmi'));
  const { nodeName } = (agent?.spec ?? {}) as { readonly nodeName?: string };
  const controller = { kind: 'ReplicaSet', name: 'web-5c9d' };
  const library = { sdk: 'azsdk-python-identity', version: '1.15.0', agoSec: 60 };
  const asked = { namespace: 'demo', name: 'before', node: nodeName, controller, ...library, ...more };
  emulator.world.tokenAsks = { asks: [] };
  emulator.seed({ record: { sinceAgoSec: 60 * 60, asks: [asked] } });
}

/** Its pods choose their identity by resource id, which the agent's exchange alone serves. */
function exchangeAll(podid: EmulatedPodid): void {
  const { emulator } = podid;
  ask(podid, { chosenBy: 'resource-id' });
  const found = emulator.kube.get('azureidentities', 'demo', 'web') as KubeObject;
  const annotations = {
    'podid.io/token-source': 'exchange',
    'podid.io/tenant-id': '00000000-0000-4000-8000-00000000aaaa',
  };
  emulator.kube.seed({ ...found, metadata: { ...found.metadata, annotations } });
}

const entra = { audience: 'api://AzureADTokenExchange', path: 'token' };
const vault = { driver: 'secrets-store.csi.k8s.io', volumeAttributes: { secretProviderClass: 'kv' } };

/** A Deployment of the same account without the label. */
function otherOf(spec: object): KubeObject {
  const labels = { app: 'other' };
  const containers = [{ name: 'main', image: 'main:1' }];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: 'demo', name: 'other' },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { serviceAccountName: 'web', containers, ...spec } },
    },
  };
}

const fallen: readonly (readonly [string, string, (podid: EmulatedPodid) => void])[] = [
  [
    'whose federated credential was deleted',
    'planned',
    ({ emulator }) => emulator.world.federatedCredentials.clear(),
  ],
  ['whose tokens the agent exchanges since', 'exchange', exchangeAll],
];

describe('podid migrate rollback by what the objects carry', () => {
  it.each(fallen)('asks before it takes the label from one %s', async (_, state, fall) => {
    await using podid = await movingWorld();
    expect((await apply(podid, '--until dual')).exitCode).toBe(0);
    fall(podid);
    const plan = (await podid.json('migrate plan -o json')) as {
      workloads: readonly { state: string; next: string }[];
    };
    expect(plan.workloads[0]?.state).toBe(state);
    expect(plan.workloads[0]?.next).toMatch(
      /^It has the label azure.workload.identity\/use already\. Back: podid migrate rollback .*--workload Deployment\/web; on: /,
    );
    const written = writes(podid);
    expect(await kindsOf(podid, back)).toEqual(['workload', 'serviceAccount']);
    const asked = await podid.run(`migrate ${back}`);
    expect(asked.exitCode).toBe(2);
    expect(asked.stderr).toContain('Take Deployment demo/web back to pod identity?');
    expect(writes(podid)).toEqual(written);
    const { exitCode, rows } = await migrate(podid, back);
    expect([exitCode, rows[0]?.state]).toEqual([0, state === 'exchange' ? 'exchange' : 'rolled-back']);
    expect(templateLabels(podid)[use]).toBeUndefined();
    expect(accountAnnotations(podid)).toEqual({});
    expect(podsOf(podid, 'web-').map(hasToken)).toEqual([false, false]);
    expect(await kindsOf(podid, back)).toEqual([]);
  });

  it('has nothing to undo of one whose tokens the agent exchanges, and says what ends that', async () => {
    await using podid = await movingWorld();
    await until('pods', () => podsOf(podid, 'web-').length === 2);
    exchangeAll(podid);
    const written = writes(podid);
    expect(await kindsOf(podid, back)).toEqual([]);
    const { exitCode, rows, stderr } = await migrate(podid, back);
    expect([exitCode, rows]).toEqual([0, [expect.objectContaining({ state: 'exchange', wrote: [] })]]);
    const [, hint = ''] = /nothing to undo of how .*That ends with (podid .*)/.exec(stderr) ?? [];
    expect(hint).toMatch(/^podid exchange disable .*--identity demo\/web$/);
    expect(writes(podid)).toEqual(written);
    const [words = []] = commandsIn(hint);
    expect((await podid.run(words)).exitCode).toBe(0);
  });

  it.each<[string, KubeObject, RegExp]>([
    [
      'a SecretProviderClass by which another signs in',
      otherOf({ volumes: [{ name: 'kv', csi: vault }] }),
      /Federated credential podid-\w+ of system:serviceaccount:demo:web stays: Deployment demo\/other mounts SecretProviderClass kv/,
    ],
    [
      'a token for Entra that another mounts',
      otherOf({ volumes: [{ name: 'token', projected: { sources: [{ serviceAccountToken: entra }] } }] }),
      /stays: Deployment demo\/other mounts a token for api:\/\/AzureADTokenExchange/,
    ],
  ])('keeps with --revoke-trust the credential for %s', async (_, other, says) => {
    await using podid = await movingWorld();
    expect((await apply(podid, '--until dual')).exitCode).toBe(0);
    podid.emulator.kube.seed(other);
    expect(await kindsOf(podid, `${back} --revoke-trust`)).not.toContain('federatedCredential');
    const { exitCode, stderr } = await migrate(podid, `${back} --revoke-trust`);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(says);
    expect(accountAnnotations(podid)).toEqual({});
    expect(credentialsOf(podid)).toEqual(['system:serviceaccount:demo:web']);
  });
});

it('lists on a dry run the credential that the run deletes, once the account is released', async () => {
  await using podid = await movingWorld();
  expect((await apply(podid, '--until dual')).exitCode).toBe(0);
  expect(await kindsOf(podid, `${back} --revoke-trust`)).toEqual([
    'workload',
    'serviceAccount',
    'federatedCredential',
  ]);
  expect((await migrate(podid, `${back} --revoke-trust`)).exitCode).toBe(0);
  expect(credentialsOf(podid)).toEqual([]);
});

describe('podid migrate rollback of what was cleaned and is trusted no more', () => {
  async function cleanedWorld(): Promise<EmulatedPodid> {
    const { podid, toLater } = await laterWorld();
    await until('pods', () => podsOf(podid, 'web-').length === 2);
    ask(podid, {});
    expect((await apply(podid, '--until dual')).exitCode).toBe(0);
    toLater();
    expect(await apply(podid, '--until cleaned')).toMatchObject({ rows: [{ state: 'cleaned' }] });
    return podid;
  }

  it('goes on once the entry is there again by the command that it names', async () => {
    await using podid = await cleanedWorld();
    podid.emulator.world.federatedCredentials.clear();
    const stopped = await migrate(podid, back);
    expect([stopped.exitCode, stopped.rows[0]?.failure?.code]).toEqual([8, 'NotTrusted']);
    const [, line = ''] = /podid (add .*)$/.exec(stopped.rows[0]?.failure?.hint ?? '') ?? [];
    expect((await podid.run(line)).exitCode).toBe(0);
    const again = await migrate(podid, back);
    expect([again.exitCode, again.rows[0]?.failure, again.rows[0]?.state]).toEqual([
      0,
      undefined,
      'rolled-back',
    ]);
    expect(templateLabels(podid)).toEqual({ app: 'web', aadpodidbinding: 'web' });
  });

  it.each([
    ['the credentials', { operation: 'federatedCredentials.list' }],
    ['the issuer', { operation: 'clusters.get', nth: 2, times: 1 }],
  ])("stops with Azure's sentence where %s could not be read", async (_, match) => {
    await using podid = await cleanedWorld();
    const body = { error: { code: 'AuthorizationFailed', message: 'The client may not read that.' } };
    podid.emulator.faults.set([{ match, effect: { status: 403, body } }]);
    const { exitCode, rows } = await migrate(podid, back);
    expect([exitCode, rows[0]?.failure?.code]).toEqual([8, 'Forbidden']);
    expect(rows[0]?.failure?.message).toContain('The client may not read that.');
    expect(rows[0]?.failure?.message).not.toContain('does not trust');
  });
});
