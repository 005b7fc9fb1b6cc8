import { describe, expect, it } from 'vitest';
import { type EmulatedPodid, emulatedPodid } from './emulated-podid.ts';

interface Movable {
  readonly metadata: { namespace?: string };
}

/** podid's agent, its pods and all that they say, in a namespace of a tenant's, and none in kube-system. */
async function tenantsAgent(scenario: 'in-use' | 'oidc-issuer' = 'oidc-issuer'): Promise<EmulatedPodid> {
  const podid = await emulatedPodid({ scenario }, { PODID_OUTPUT: 'json' });
  const { kube } = podid.emulator;
  for (const kind of ['DaemonSet', 'Pod']) {
    for (const object of kube.list(kind).filter(({ metadata }) => metadata.name.startsWith('podid-nmi'))) {
      const moved = structuredClone(object) as never as Movable;
      kube.remove(kind, 'kube-system', object.metadata.name);
      moved.metadata.namespace = 'a-team';
      kube.seed(moved as never);
    }
  }
  kube.seed({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'podid-nmi', namespace: 'a-team' },
  } as never);
  return podid;
}

/** As an administrator's install of podid leaves it, or, without its labels, anybody's role that was bound for the account. */
function bind(
  { emulator }: EmulatedPodid,
  labels: Readonly<Record<string, string>>,
  name = 'podid-nmi',
): void {
  emulator.kube.seed({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'podid-nmi', labels },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
    subjects: [{ kind: 'ServiceAccount', name, namespace: 'a-team' }],
  } as never);
}

const ofPodid = { 'app.kubernetes.io/name': 'podid', 'app.kubernetes.io/component': 'nmi' };
const enable = 'exchange enable --identity demo/web --rounds 1 --over 1s --yes';
const lastLine = (text: string) => JSON.parse(text.trim().split('\n').at(-1) ?? '') as never;

describe("a DaemonSet with podid's labels in a namespace of a tenant's", () => {
  it.each([
    ['nobody bound', () => undefined],
    ["bound to a role that is not podid's", (podid: EmulatedPodid) => bind(podid, {})],
    [
      "beside another account that podid's binding names",
      (podid: EmulatedPodid) => bind(podid, ofPodid, 'b'),
    ],
  ])('whose account is %s is given no federated credential', async (_, seed) => {
    await using podid = await tenantsAgent();
    seed(podid);
    const ran = await podid.run(enable);
    expect(ran.exitCode).toBe(5);
    expect(lastLine(ran.stderr)).toMatchObject({
      message: expect.stringContaining("no ClusterRoleBinding of podid's names its account podid-nmi"),
      hint: expect.stringMatching(/^If it is yours: podid exchange enable .*--agent-namespace a-team$/),
    });
    expect(podid.count('federatedCredentials.put')).toBe(0);
  });

  it('is given none where ClusterRoleBindings may not be listed', async () => {
    await using podid = await tenantsAgent();
    bind(podid, ofPodid);
    podid.emulator.kube.faults.deny = [{ resource: 'clusterrolebindings', verb: 'list' }];
    const ran = await podid.run(enable);
    expect(lastLine(ran.stderr)).toMatchObject({ message: expect.stringContaining('you may not see') });
    expect(podid.count('federatedCredentials.put')).toBe(0);
  });

  it("is podid's agent where an administrator bound its account, and --yes names it", async () => {
    await using podid = await tenantsAgent();
    bind(podid, ofPodid);
    const unnamed = await podid.run(enable);
    expect(unnamed.exitCode).toBe(5);
    expect(lastLine(unnamed.stderr)).toMatchObject({
      hint: expect.stringMatching(/^If it is: podid exchange enable .*--agent-namespace a-team$/),
    });
    expect(podid.count('federatedCredentials.put')).toBe(0);
    const [row] = (await podid.json('exchange status --identity demo/web')) as { subject: string }[];
    expect(row?.subject).toBe('system:serviceaccount:a-team:podid-nmi');
    const named = await podid.run(`${enable} --agent-namespace a-team --dry-run`);
    expect(named.exitCode, named.stderr).toBe(0);
    expect(named.stdout).toContain('system:serviceaccount:a-team:podid-nmi');
  });

  it('counts for nothing where agents are shown, asked or judged', async () => {
    await using podid = await tenantsAgent('in-use');
    const status = await podid.run('nmi status');
    expect(JSON.parse(status.stdout)).toMatchObject({ installed: false, version: '' });
    expect(status.stderr).toContain('podid nmi status --namespace a-team');
    const { nodes } = (await podid.json('nmi top --interval 10ms')) as { nodes: unknown[] };
    expect(nodes).toEqual([]);
    const { checks } = JSON.parse((await podid.run('doctor')).stdout) as {
      checks: { name: string; result: string; message: string }[];
    };
    expect(checks.find(({ name }) => name === 'agent')).toMatchObject({
      result: 'fail',
      message: expect.stringContaining('DaemonSet a-team/podid-nmi has the labels of podid'),
    });
    const { workloads } = (await podid.json('migrate plan')) as { workloads: { seen?: object | null }[] };
    expect(workloads.length).toBeGreaterThan(0);
    expect(workloads.filter(({ seen }) => seen !== undefined && seen !== null)).toEqual([]);
    const named = (await podid.json('nmi status --namespace a-team')) as { installed: boolean };
    expect(named.installed).toBe(true);
  });

  it('neither stands in the way of a takeover, nor is installed over by the way', async () => {
    await using podid = await tenantsAgent();
    const plan = await podid.run('takeover plan');
    expect(`${plan.stdout}${plan.stderr}`).not.toContain('HelmAgent');
    const install = await podid.run('nmi install --set podid.image.repository=registry.example.net/podid');
    expect(lastLine(install.stderr)).toMatchObject({
      hint: expect.stringContaining('kubectl delete daemonset podid-nmi -n a-team'),
    });
  });
});
