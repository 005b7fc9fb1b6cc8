import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/emulator/kube/objects/kube-object.ts';
import type { EmulatedPodid } from './emulated-podid.ts';
import {
  accountAnnotations,
  addWorkload,
  apply,
  credentialsOf,
  hasToken,
  migrate,
  movingWorld,
  podsOf,
  templateLabels,
  until,
  writes,
} from './moving-worlds.ts';

const use = 'azure.workload.identity/use';
const back = 'rollback --workload deployment/web';
const tenantId = '00000000-0000-4000-8000-00000000aaaa';

function annotateIdentity(
  { emulator: { kube } }: EmulatedPodid,
  annotations: Readonly<Record<string, string>>,
): void {
  const found = kube.get('azureidentities', 'demo', 'web') as KubeObject;
  kube.seed({ ...found, metadata: { ...found.metadata, annotations } });
}

/** As the chart renders it with these values of podid.exchange. */
function setAgent({ emulator: { kube } }: EmulatedPodid, ...flags: readonly string[]): void {
  const found = kube.get('daemonsets', 'kube-system', 'podid-nmi') as KubeObject;
  const spec = JSON.stringify(found.spec).replace('["podid-nmi"]', JSON.stringify(['podid-nmi', ...flags]));
  kube.seed({ ...found, spec: JSON.parse(spec) as object });
}

describe('podid migrate rollback on the emulator', () => {
  it.each(['annotated', 'dual'])('takes a Deployment back from %s, and it can come again', async (state) => {
    await using podid = await movingWorld();
    expect((await apply(podid, `--until ${state}`)).exitCode).toBe(0);
    expect(await migrate(podid, back)).toMatchObject({
      exitCode: 0,
      rows: [{ from: state, state: 'rolled-back' }],
    });
    expect(templateLabels(podid)).toEqual({ app: 'web', aadpodidbinding: 'web' });
    expect(accountAnnotations(podid)).toEqual({});
    expect(podsOf(podid, 'web-').map(hasToken)).toEqual([false, false]);
    expect(credentialsOf(podid)).toEqual(['system:serviceaccount:demo:web']);
    const written = writes(podid);
    expect((await migrate(podid, back)).exitCode).toBe(0);
    expect(writes(podid)).toEqual(written);
    expect(await apply(podid, '--until dual')).toMatchObject({
      exitCode: 0,
      rows: [{ from: 'trusted', state: 'dual' }],
    });
  });

  it('deletes with --revoke-trust what podid made, and leaves what others made', async () => {
    await using podid = await movingWorld();
    await apply(podid, '--until dual');
    expect((await migrate(podid, `${back} --revoke-trust`)).exitCode).toBe(0);
    expect(credentialsOf(podid)).toEqual([]);
    await apply(podid, '--until trusted');
    const [made] = podid.emulator.world.federatedCredentials.keys();
    const credential = podid.emulator.world.federatedCredentials.get(made ?? '');
    podid.emulator.world.federatedCredentials.clear();
    const id = String(credential?.['id']).replace(/podid-.*/, 'ours');
    podid.emulator.seed({ federatedCredentials: [{ ...credential, id, name: 'ours' }] } as never);
    const { exitCode, stderr } = await migrate(podid, `${back} --revoke-trust`);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('Federated credential ours of system:serviceaccount:demo:web stays');
    expect(credentialsOf(podid)).toEqual(['system:serviceaccount:demo:web']);
  });

  it.each([
    [
      'its AzureIdentity says so',
      (podid: EmulatedPodid) =>
        annotateIdentity(podid, {
          'podid.io/token-source': 'exchange',
          'podid.io/exchange-subject': 'workload',
          'podid.io/tenant-id': tenantId,
        }),
    ],
    [
      'the agent is set so',
      (podid: EmulatedPodid) =>
        setAgent(
          podid,
          '--exchange-default=exchange',
          '--exchange-subject=workload',
          `--exchange-tenant-id=${tenantId}`,
        ),
    ],
  ])(
    'keeps with --revoke-trust the credential that the agent exchanges by, where %s',
    async (_, exchange) => {
      await using podid = await movingWorld();
      expect((await apply(podid, '--until dual')).exitCode).toBe(0);
      exchange(podid);
      const { exitCode, rows, stderr } = await migrate(podid, `${back} --revoke-trust`);
      expect([exitCode, rows[0]?.state]).toEqual([0, 'rolled-back']);
      expect(stderr).toMatch(
        /Federated credential podid-\w+ of system:serviceaccount:demo:web stays: podid's agent exchanges the tokens of AzureIdentity demo\/web by it/,
      );
      expect(stderr).toMatch(/podid exchange disable .*--identity demo\/web --revoke-trust/);
      expect(credentialsOf(podid)).toEqual(['system:serviceaccount:demo:web']);
      expect(accountAnnotations(podid)).toEqual({});
    },
  );

  it('deletes the credential where the agent exchanges by its own account', async () => {
    await using podid = await movingWorld();
    expect((await apply(podid, '--until dual')).exitCode).toBe(0);
    annotateIdentity(podid, { 'podid.io/token-source': 'exchange', 'podid.io/tenant-id': tenantId });
    expect((await migrate(podid, `${back} --revoke-trust`)).exitCode).toBe(0);
    expect(credentialsOf(podid)).toEqual([]);
  });

  it('keeps the annotation while another workload of the account has the label', async () => {
    await using podid = await movingWorld();
    addWorkload(podid, 'StatefulSet', 'store');
    await until('pods', () => podsOf(podid, 'store-').length === 3);
    expect((await apply(podid, '--until dual')).exitCode).toBe(0);
    const { exitCode, stderr } = await migrate(podid, back);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('stays: StatefulSet demo/store needs it');
    expect(Object.keys(accountAnnotations(podid))).toEqual(['azure.workload.identity/client-id']);
    const other = await migrate(podid, 'rollback --workload statefulset/store');
    expect(other).toMatchObject({ exitCode: 0, rows: [{ state: 'rolled-back' }] });
    expect(accountAnnotations(podid)).toEqual({});
    expect(podsOf(podid, 'store-').map(hasToken)).toEqual([false, false, false]);
  });

  it('keeps what an unread CronJob may need, says so, and gives it back once it can be read', async () => {
    await using podid = await movingWorld();
    expect((await apply(podid, '--until dual')).exitCode).toBe(0);
    const { kube } = podid.emulator;
    kube.faults = { ...kube.faults, deny: [{ verb: 'list', resource: 'cronjobs' }] };
    const { exitCode, rows, stderr } = await migrate(podid, `${back} --revoke-trust`);
    expect([exitCode, rows[0]?.state]).toEqual([0, 'rolled-back']);
    expect(stderr).toContain(
      'The annotation of service account demo/web and its federated credentials stay, for nobody knows who else needs it: CronJobs could not be read.',
    );
    expect(templateLabels(podid)[use]).toBeUndefined();
    expect(Object.keys(accountAnnotations(podid))).toEqual(['azure.workload.identity/client-id']);
    expect(credentialsOf(podid)).toEqual(['system:serviceaccount:demo:web']);
    kube.faults = { ...kube.faults, deny: [] };
    expect((await migrate(podid, `${back} --revoke-trust`)).exitCode).toBe(0);
    expect(accountAnnotations(podid)).toEqual({});
    expect(credentialsOf(podid)).toEqual([]);
  });

  it('keeps the credential where nobody can see whether the agent exchanges by it', async () => {
    await using podid = await movingWorld();
    expect((await apply(podid, '--until dual')).exitCode).toBe(0);
    const { kube } = podid.emulator;
    kube.faults = { ...kube.faults, deny: [{ verb: 'list', resource: 'azureidentities' }] };
    const { exitCode, stderr } = await migrate(podid, `${back} --revoke-trust`);
    expect(exitCode).toBe(0);
    expect(stderr).toContain("stays, for nobody knows whether podid's agent exchanges tokens by it:");
    expect(accountAnnotations(podid)).toEqual({});
    expect(credentialsOf(podid)).toEqual(['system:serviceaccount:demo:web']);
  });

  it('takes a rollout back that is held at its first pod, and leaves nothing of the hold', async () => {
    await using podid = await movingWorld();
    addWorkload(podid, 'StatefulSet', 'store');
    await until('pods', () => podsOf(podid, 'web-').length === 2 && podsOf(podid, 'store-').length === 3);
    podid.emulator.seed({ settings: { podStartMs: 60_000 } });
    const applied = await apply(podid, '--until dual --timeout 40s');
    expect(applied.exitCode).toBe(8);
    expect(applied.rows.map(({ failure }) => failure?.code)).toEqual(['TimedOut', 'TimedOut']);
    expect(podid.emulator.kube.get('deployments', 'demo', 'web')?.spec).toMatchObject({ paused: true });
    expect(podid.emulator.kube.get('statefulsets', 'demo', 'store')?.spec).toMatchObject({
      updateStrategy: { rollingUpdate: { partition: 2 } },
    });
    podid.emulator.seed({ settings: { podStartMs: 20 } });
    expect((await migrate(podid, 'rollback --workload deployment/web statefulset/store')).exitCode).toBe(0);
    for (const [kind, name] of [
      ['deployments', 'web'],
      ['statefulsets', 'store'],
    ] as const) {
      const { metadata, spec } = podid.emulator.kube.get(kind, 'demo', name) ?? {};
      expect(metadata?.annotations ?? {}).toEqual({});
      expect(spec).not.toMatchObject({ paused: true });
      expect(templateLabels(podid, kind, name)[use]).toBeUndefined();
    }
    expect([...podsOf(podid, 'web-'), ...podsOf(podid, 'store-')].some(hasToken)).toBe(false);
  });

  it.each(['planned', 'trusted'])(
    'says of one that is %s that there is nothing to take back',
    async (state) => {
      await using podid = await movingWorld();
      if (state === 'trusted') {
        expect((await apply(podid, '--until trusted')).exitCode).toBe(0);
      }
      const written = writes(podid);
      const { exitCode, rows, stderr } = await migrate(podid, back);
      expect([exitCode, rows]).toMatchObject([0, [{ from: state, state, wrote: [] }]]);
      expect(stderr).toContain(`Deployment demo/web is ${state}: nothing to take back.\n`);
      expect(writes(podid)).toEqual(written);
    },
  );

  it('asks first, and names what it cannot find', async () => {
    await using podid = await movingWorld();
    await apply(podid, '--until annotated');
    const written = writes(podid);
    const asked = await podid.run('migrate rollback --workload deployment/web');
    expect(asked.exitCode).toBe(2);
    expect(asked.stderr).toContain('Take Deployment demo/web back to pod identity?');
    expect((await migrate(podid, 'rollback --workload deployment/none')).exitCode).toBe(4);
    expect((await podid.run('migrate rollback')).exitCode).toBe(2);
    expect(writes(podid)).toEqual(written);
  });
});
