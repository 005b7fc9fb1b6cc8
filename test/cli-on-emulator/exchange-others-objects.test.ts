import { afterEach, describe, expect, it } from 'vitest';
import { type EmulatedPodid, identityId } from './emulated-podid.ts';
import { annotationsOf } from './exchange-emulator.ts';
import { all, enable, installed, rolesOf, workload } from './workload-emulator.ts';

/*
 * What others have beside podid exchange: workloads that use its federated credentials by themselves, and roles of the
 * name that the agent's have.
 */

const role = 'kube-system-podid-nmi-exchange';
const running: EmulatedPodid[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((podid) => podid[Symbol.asyncDispose]()));
});

async function started(objects: readonly object[]): Promise<EmulatedPodid> {
  const podid = await installed('workload', objects);
  running.push(podid);
  return podid;
}

/** Subjects of the federated credentials of demo/web. */
function subjectsOf({ emulator }: EmulatedPodid): string[] {
  return [...emulator.world.federatedCredentials.values()].map(
    (each) => (each as unknown as { readonly properties: { readonly subject: string } }).properties.subject,
  );
}

/** A Deployment that no identity is bound to. */
function unbound(template: { labels?: object; spec?: object }, kind = 'Deployment'): object {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { namespace: 'demo', name: 'native' },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: 'native' } },
      template: {
        metadata: { labels: { app: 'native', ...template.labels } },
        spec: {
          serviceAccountName: 'web',
          containers: [{ name: 'main', image: 'registry.example.net/app' }],
          ...template.spec,
        },
      },
    },
  };
}

const label = { 'azure.workload.identity/use': 'true' };
const token = { serviceAccountToken: { path: 'token', audience: 'api://AzureADTokenExchange' } };

describe('podid exchange disable --revoke-trust', () => {
  it.each([
    ['a Deployment has the label of', unbound({ labels: label }), /Deployment demo\/native has the label/],
    [
      'an old ReplicaSet has the label of',
      unbound({ labels: label }, 'ReplicaSet'),
      /ReplicaSet demo\/native has the label/,
    ],
    [
      'a Deployment mounts a token for',
      unbound({ spec: { volumes: [{ name: 'token', projected: { sources: [token] } }] } }),
      /Deployment demo\/native mounts a token for api:\/\/AzureADTokenExchange/,
    ],
    [
      'a service account is annotated for',
      {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: {
          namespace: 'demo',
          name: 'web',
          annotations: { 'azure.workload.identity/client-id': '00000000-0000-4000-8000-000000000001' },
        },
      },
      /ServiceAccount demo\/web has the annotation azure.workload.identity\/client-id/,
    ],
  ])(
    'keeps the credential of an account where %s Workload Identity, bound or not',
    async (_what, object, why) => {
      const podid = await started([...workload('web', 'web', 'web'), ...workload('worker', 'web', 'worker')]);
      await podid.json(`${enable} --identity demo/web`);
      if ((object as { kind: string }).kind === 'ServiceAccount') {
        podid.emulator.kube.remove('serviceaccounts', 'demo', 'web');
      }
      podid.emulator.seed({ kubernetes: [object] } as never);
      const disable = 'exchange disable --identity demo/web --revoke-trust';
      const planned = JSON.parse((await podid.run(`${disable} --dry-run -o json`)).stdout);
      expect(
        planned.changes.filter(({ kind }: { kind: string }) => kind === 'federatedCredential'),
      ).toHaveLength(1);
      const ran = await podid.run(`${disable} --yes -o json`);
      expect(ran.exitCode, ran.stderr).toBe(0);
      expect(ran.stderr).toMatch(why);
      expect(ran.stderr).toMatch(
        /demo\/web: federated credential podid-\w+ of system:serviceaccount:demo:web stays/,
      );
      expect(subjectsOf(podid)).toEqual(['system:serviceaccount:demo:web']);
      const again = await podid.run(`${disable} --yes -o json`);
      expect(again.stderr).toContain('Nothing to change');
    },
  );

  it.each(['serviceaccounts', 'deployments', 'pods'])(
    'changes nothing where %s cannot be listed, and says how to go without it',
    async (resource) => {
      const podid = await started(workload('web', 'web', 'web'));
      await podid.json(`${enable} --identity demo/web`);
      podid.emulator.kube.faults = { ...podid.emulator.kube.faults, deny: [{ verb: 'list', resource }] };
      const ran = await podid.run('exchange disable --identity demo/web --revoke-trust --yes');
      expect(ran.exitCode, ran.stderr).toBe(6);
      expect(ran.stderr).toContain(resource);
      expect(subjectsOf(podid)).toEqual(['system:serviceaccount:demo:web']);
      expect(annotationsOf(podid, 'web')).toMatchObject({ 'podid.io/token-source': 'exchange' });
      if (resource === 'serviceaccounts') {
        expect(ran.stderr).toContain('so that none is deleted');
        const [, hint = ''] = /they stay: podid (exchange disable .*)/.exec(ran.stderr) ?? [];
        expect((await podid.run(`${hint} --identity demo/web --yes`)).exitCode).toBe(0);
      }
    },
  );
});

describe('podid exchange enable --subject workload beside a role of the same name', () => {
  const shop = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
  const theirs = (kind: 'Role' | 'RoleBinding', labels: object = {}) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind,
    metadata: { namespace: 'shop', name: role, labels },
    ...(kind === 'Role'
      ? { rules: [] }
      : { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'other' }, subjects: [] }),
  });

  async function twoNamespaces(): Promise<EmulatedPodid> {
    const podid = await started([
      shop,
      ...workload('web', 'web', 'web'),
      ...workload('shop', 'shop', 'shop', 'shop'),
    ]);
    const ran = await podid.run(
      `add --namespace shop --name shop --identity-resource-id ${identityId('jobs')}`,
    );
    expect(ran.exitCode, ran.stderr).toBe(0);
    return podid;
  }

  const both = `${enable} --identity demo/web shop/shop`;

  it.each(['Role', 'RoleBinding'] as const)(
    'stops that namespace alone where a tenant’s %s has it, and goes on when it is gone',
    async (kind) => {
      const podid = await twoNamespaces();
      podid.emulator.seed({ kubernetes: [theirs(kind)] } as never);
      const planned = JSON.parse((await podid.run(`${both} --dry-run`)).stdout);
      expect(planned.changes.map(({ namespace }: { namespace: string }) => namespace)).not.toContain('shop');
      const ran = await podid.run(both);
      expect(ran.exitCode, ran.stderr).toBe(8);
      expect(JSON.parse(ran.stdout)).toMatchObject([
        { namespace: 'demo', name: 'web', state: 'exchange' },
        {
          namespace: 'shop',
          name: 'shop',
          source: 'imds',
          state: 'blocked',
          reason: expect.stringMatching(`^RoleTaken: ${kind} shop/${role} is not podid's own`),
        },
      ]);
      expect(podid.count('federatedCredentials.put')).toBe(1);
      expect(rolesOf(podid).filter((line) => line !== 'shop: undefined')).toEqual(['demo: web']);
      const back = await podid.run('exchange disable --identity demo/web --yes');
      expect(back.exitCode, back.stderr).toBe(0);
      podid.emulator.kube.remove(`${kind.toLowerCase()}s`, 'shop', role);
      await podid.json(both);
      expect(rolesOf(podid)).toEqual(['demo: web', 'shop: shop']);
    },
  );

  it('stops no other namespace where a tenant takes the role of an identity that is exchanged', async () => {
    const podid = await twoNamespaces();
    await podid.json(`${enable} --identity shop/shop`);
    podid.emulator.kube.remove('roles', 'shop', role);
    podid.emulator.seed({ kubernetes: [theirs('Role')] } as never);
    const ran = await podid.run(both);
    expect(ran.exitCode, ran.stderr).toBe(8);
    expect(JSON.parse(ran.stdout)).toMatchObject([
      { name: 'web', state: 'exchange' },
      { name: 'shop', source: 'exchange', state: 'untrusted', reason: expect.stringMatching(/^RoleTaken: /) },
    ]);
    const back = await podid.run('exchange disable --identity demo/web --yes');
    expect(back.exitCode, back.stderr).toBe(0);
    expect(back.stderr).toContain(`Role shop/${role} is not podid's own`);
    expect(all(podid, 'roles').filter(({ metadata }) => metadata.name === role)).toHaveLength(1);
  });

  it('writes over what has podid’s own marks, whoever restored it', async () => {
    const podid = await twoNamespaces();
    const marks = {
      'app.kubernetes.io/managed-by': 'podid',
      'podid.io/exchange-of': 'kube-system.podid-nmi',
    };
    podid.emulator.seed({ kubernetes: [theirs('Role', marks)] } as never);
    await podid.json(both);
    expect(rolesOf(podid)).toEqual(['demo: web', 'shop: shop']);
  });
});
