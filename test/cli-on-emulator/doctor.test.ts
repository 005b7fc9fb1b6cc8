import { describe, expect, it } from 'vitest';
import type { CheckResult } from '../../src/workflows/doctor/check.ts';
import { checkList } from '../../src/workflows/doctor/check-list.ts';
import { type SeededFault, seededFaults } from './doctor-faults.ts';
import { type EmulatedPodid, emulatedPodid, identityId } from './emulated-podid.ts';

const forPod = 'doctor --namespace demo --pod web-1 -o json';

describe('a healthy world', () => {
  it.each([
    'doctor',
    'doctor --namespace demo',
    'doctor --namespace demo --pod web-1',
    'doctor --namespace demo --deployment web',
  ])('passes every check of "%s", which only reads', async (line) => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const { stdout, stderr, exitCode } = await podid.run(line);
    expect(exitCode, stderr).toBe(0);
    const { checks } = JSON.parse(stdout) as { checks: CheckResult[] };
    expect(checks.map(({ name }) => name)).toEqual(checkList.map(({ name }) => name));
    expect(checks.filter(({ result }) => result !== 'pass')).toEqual([]);
    expect(podid.emulator.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });
});

describe('a fault in the world', () => {
  it.each(seededFaults.map((fault) => [fault.what, fault] as const))(
    'is found and named by its own check alone: %s',
    async (_what, fault) => {
      await using podid = await sickPodid(fault);
      const { checks, exitCode } = await examine(podid);
      expect(failed(checks)).toEqual([fault.check]);
      expect(checks.find(({ name }) => name === fault.check)).toMatchObject({
        message: expect.stringMatching(fault.title),
      });
      expect(checks.find(({ name }) => name === fault.check)?.hint).toMatch(
        fault.fixes ?? /\b(?:podid|kubectl|az) [a-z]/,
      );
      expect(exitCode).toBe(10);
      for (const { name, result, message } of checks) {
        if (result === 'skip') {
          expect([name, message]).toEqual([name, expect.stringContaining(fault.check)]);
        }
      }
    },
  );

  it.each(seededFaults.map((fault, index) => [fault.what, fault, seededFaults.slice(index + 1)] as const))(
    'is found beside each other one: %s',
    async (_what, fault, others) => {
      for (const other of others) {
        if (cancels(fault, other) || cancels(other, fault)) {
          continue;
        }
        await using podid = await sickPodid(fault, other);
        const { checks } = await examine(podid);
        expect(failed(checks), `${fault.what}, and ${other.what}`).toEqual(expectedOf([fault, other]));
      }
    },
    300_000,
  );
});

describe('what may not be seen', () => {
  const refused = { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'No.' } } };

  it.each([
    ['identities.get', 'identities', 'Microsoft.ManagedIdentity/userAssignedIdentities/read'],
    ['roleAssignments.list', 'operator-role', 'Microsoft.Authorization/roleAssignments/read'],
    ['machines.get', 'node-identities', 'Microsoft.Compute/virtualMachineScaleSets/read'],
    ['features.get', 'feature', 'Microsoft.Features/providers/features/read'],
    ['permissions.list', 'rights', 'Microsoft.Authorization/permissions/read'],
    ['clusters.get', 'cluster', 'Microsoft.ContainerService/managedClusters/read'],
  ])('in Azure (%s) is skipped with the right that is missing', async (operation, check, right) => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    podid.emulator.faults.add({ match: { operation }, effect: refused });
    const { checks, exitCode } = await examine(podid);
    expect(checks.find(({ name }) => name === check)).toMatchObject({
      result: 'skip',
      message: expect.stringContaining(right),
    });
    expect([failed(checks), exitCode]).toEqual([[], 0]);
  });

  it.each([
    [{ resource: 'pods' }, 'pod', 'get pods in namespace demo'],
    [{ resource: 'nodes' }, 'agent', 'list nodes in the cluster'],
    [{ resource: 'daemonsets' }, 'agent-rules', 'list daemonsets.apps in all namespaces'],
    [{ resource: 'pods/proxy' }, 'imds', 'get pods/proxy in namespace kube-system'],
    [{ resource: 'networkpolicies' }, 'network-policy', 'list networkpolicies.networking.k8s.io'],
    [{ resource: 'azureidentities' }, 'objects', 'list azureidentities'],
  ])('in the cluster (%j) is skipped with the right that is missing', async (rule, check, right) => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    podid.emulator.kube.faults = { ...podid.emulator.kube.faults, deny: [rule] };
    const { checks, exitCode } = await examine(podid);
    expect(checks.find(({ name }) => name === check)).toMatchObject({
      result: 'skip',
      message: expect.stringContaining(right),
    });
    expect([failed(checks), exitCode]).toEqual([[], 0]);
  });

  it.each([
    [{ status: 503, text: '' }, 'HTTP 503'],
    [{ status: 429, body: { error: { code: 'TooManyRequests', message: 'Slow down.' } } }, 'Slow down.'],
    [{ drop: true }, 'was cut'],
  ])('where Azure cannot be asked (%j) is not found to be well', async (effect, why) => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    podid.emulator.faults.add({ match: { operation: 'clusters.get' }, effect });
    const { checks, exitCode } = await examine(podid);
    expect([failed(checks), exitCode]).toEqual([[], 7]);
    for (const check of [checks[0], checks.find(({ name }) => name === 'add-on')]) {
      expect(check).toMatchObject({ result: 'skip', message: expect.stringContaining(why) });
    }
  });

  it('still reports the faults that can be seen', async () => {
    const role = seededFaults.find(({ what }) => what === "the cluster's role missing");
    const label = seededFaults.find(({ what }) => what === 'no label');
    if (role === undefined || label === undefined) {
      throw new Error('these faults are in the list');
    }
    await using podid = await sickPodid(role, label);
    const { kube } = podid.emulator;
    kube.faults = { ...kube.faults, deny: [{ resource: 'nodes' }, { resource: 'azureidentities' }] };
    expect(failed((await examine(podid)).checks)).toEqual(['operator-role', 'label']);
  });

  it.each([
    [true, 'pass', 'rules and caches are in place'],
    [false, 'skip', "neither through the cluster's API nor through the kubelet"],
  ] as const)(
    'is asked of kubelet when an agent listens on its node alone: with its probe (%s) it is a %s',
    async (withProbe, result, words) => {
      await using podid = await emulatedPodid({ scenario: 'in-use' });
      const { kube } = podid.emulator;
      const agent = kube.get('pods', 'kube-system', 'podid-nmi-0');
      if (agent === undefined) {
        throw new Error('the scenario has an agent');
      }
      const probe = withProbe ? { readinessProbe: { httpGet: { host: '127.0.0.1', path: '/readyz' } } } : {};
      const containers = [{ name: 'nmi', command: ['podid-nmi'], ...probe }];
      kube.seed({
        ...agent,
        metadata: { ...agent.metadata, annotations: {} },
        spec: { ...(agent.spec as object), containers },
      });
      const { checks } = await examine(podid);
      expect(checks.find(({ name }) => name === 'agent-rules')).toMatchObject({
        result,
        message: expect.stringContaining(words),
      });
    },
  );

  it('is everything inside a cluster whose API is away', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    podid.emulator.kube.faults = { ...podid.emulator.kube.faults, away: 'html' };
    const { checks, exitCode } = await examine(podid);
    expect([failed(checks), exitCode]).toEqual([[], 7]);
    expect(checks.filter(({ result }) => result === 'skip').map(({ name }) => name)).toEqual([
      ...[
        'definitions',
        'objects',
        'limits',
        'identity-ids',
        'kubelet-identity',
        'exchange',
        'federated-credentials',
        'token-roles',
        'pod',
        'label',
        'selector',
      ],
      ...['client-id', 'exceptions'],
      ...['host-network', 'node-os', 'network-policy', 'agent', 'controller', 'node-machines', 'assignments'],
      ...['agent-rules', 'imds', 'token'],
    ]);
  });
});

describe('what is worth a warning', () => {
  it('is an identity that may do nothing', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    for (const [key, one] of podid.emulator.world.roleAssignments) {
      if (!one.principalId.endsWith('c1')) {
        podid.emulator.world.roleAssignments.delete(key);
      }
    }
    expect(await warned(podid)).toEqual([['own-roles', expect.stringContaining('demo/web')]]);
  });

  it('is a principal that may look and not change', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const value = [{ actions: ['*/read'], notActions: [] }];
    podid.emulator.faults.add({
      match: { operation: 'permissions.list' },
      effect: { status: 200, body: { value } },
    });
    expect(await warned(podid)).toEqual([['rights', expect.stringContaining('managedClusters/write')]]);
  });

  it('is a second agent on the node', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const { kube } = podid.emulator;
    for (const [kind, name] of [
      ['daemonsets', 'podid-nmi'],
      ['pods', 'podid-nmi-0'],
    ] as const) {
      const object = kube.get(kind, 'kube-system', name);
      if (object) {
        kube.seed({ ...object, metadata: { ...object.metadata, namespace: 'default', uid: 'two' } });
      }
    }
    // Without it a tenant can have made the second one.
    kube.seed({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: {
        name: 'podid-nmi',
        labels: { 'app.kubernetes.io/name': 'podid', 'app.kubernetes.io/component': 'nmi' },
      },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'podid-nmi' },
      subjects: [{ kind: 'ServiceAccount', name: 'podid-nmi', namespace: 'default' }],
    } as never);
    expect(await warned(podid)).toEqual([
      ['agent', expect.stringMatching(/Two agents.*default\/podid-nmi.*kube-system\/podid-nmi/)],
    ]);
  });

  it('is an object that Azure does not have', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    podid.emulator.kube.seed({
      apiVersion: 'aadpodidentity.k8s.io/v1',
      kind: 'AzureIdentity',
      metadata: { namespace: 'demo', name: 'stranger' },
      spec: { type: 0 },
    });
    expect(await warned(podid)).toEqual([['objects', expect.stringContaining('identity demo/stranger')]]);
  });

  it('is an agent of upstream, which does not report on its rules', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const { kube } = podid.emulator;
    const agent = kube.get('pods', 'kube-system', 'podid-nmi-0');
    const answers = { '8085/healthz': { status: 200, text: 'Active' }, '9090/metrics': { text: '' } };
    if (agent) {
      const annotations = {
        ...agent.metadata.annotations,
        'emulator.podid.io/answers': JSON.stringify({
          ...answers,
          '8085/readyz': { status: 404, text: '404 page not found' },
        }),
      };
      kube.seed({ ...agent, metadata: { ...agent.metadata, annotations } });
    }
    expect(await warned(podid)).toEqual([['agent-rules', expect.stringContaining('does not report')]]);
  });

  async function warned(podid: EmulatedPodid): Promise<unknown[]> {
    const { checks, exitCode } = await examine(podid);
    expect([failed(checks), exitCode]).toEqual([[], 0]);
    return checks.filter(({ result }) => result === 'warn').map(({ name, message }) => [name, message]);
  }
});

describe('doctor --fix', () => {
  it('grants the missing role and writes the missing objects, then looks again', async () => {
    await using podid = await sickPodid(
      faultCalled("the cluster's role missing"),
      faultCalled('objects that are missing'),
    );
    const { checks, exitCode } = await examine(podid, 'doctor --fix --yes -o json');
    expect([failed(checks), exitCode]).toEqual([[], 0]);
    const { kube, world } = podid.emulator;
    expect(kube.get('azureidentities', 'demo', 'web')).toBeDefined();
    expect([...world.roleAssignments.values()].some(({ principalId }) => principalId.endsWith('c1'))).toBe(
      true,
    );
    expect(podid.count('clusters.put')).toBe(0);
  });

  it('takes out entries whose identity is gone, in one PUT, and leaves the others', async () => {
    await using podid = await emulatedPodid({ scenario: 'gone-identity' });
    const before = await examine(podid, 'doctor -o json');
    expect(failed(before.checks)).toEqual(['identities', 'objects']);
    const { checks } = await examine(podid, 'doctor --fix --yes -o json');
    expect(failed(checks)).toEqual([]);
    expect(podid.count('clusters.put')).toBe(1);
    expect(await podid.json('list --query [].name')).toEqual(['web']);
  });

  it('asks first: without a terminal and --yes it exits with 2 and writes nothing', async () => {
    await using podid = await sickPodid(faultCalled("the cluster's role missing"));
    const ran = await podid.run('doctor --fix');
    expect(ran).toMatchObject({ exitCode: 2, stdout: '' });
    expect(podid.emulator.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it('says so when nothing is safe to fix', async () => {
    await using podid = await sickPodid(faultCalled('no label'));
    const ran = await podid.run(`${forPod} --fix`);
    expect(ran.exitCode).toBe(10);
    expect(ran.stderr).toContain('nothing that --fix can fix');
  });
});

describe('the doctor', () => {
  it('shows a table with a mark for each result, and hints where something is wrong', async () => {
    await using podid = await sickPodid(faultCalled('no label'));
    const { stdout } = await podid.run('doctor --namespace demo --pod web-1 -o table');
    expect(stdout).toMatch(/^✓ sign-in +Azure accepts the sign-in/m);
    expect(stdout).toMatch(/^✗ label +demo\/web-1 has no label/m);
    expect(stdout).toMatch(/^ +→ kubectl label pod web-1 -n demo aadpodidbinding=web/m);
    expect(stdout).toMatch(/^– selector +Not checked until "label" is fixed/m);
  });

  it.each([
    ['doctor --pod web-1', '--pod goes with --namespace'],
    ['doctor --deployment web', '--deployment goes with --namespace'],
    ['doctor --namespace demo --pod a --deployment b', 'exclude each other'],
    ['doctor --namespace demo --pod ..', '--pod'],
    ['doctor --yes', '--yes needs --fix'],
  ])('refuses "%s" before anything is sent', async (line, words) => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const ran = await podid.run(line);
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain(words);
    expect(podid.emulator.requests).toEqual([]);
  });

  it('finds faults of pods in the whole cluster too', async () => {
    await using podid = await sickPodid(
      faultCalled('a label in other letters'),
      faultCalled('a policy that lets nothing out'),
    );
    expect(failed((await examine(podid, 'doctor -o json')).checks)).toEqual(['selector', 'network-policy']);
  });

  it('finds a label that is on the Deployment alone, without its name as a flag', async () => {
    await using podid = await sickPodid(faultCalled('the label on the Deployment alone'));
    const { checks } = await examine(podid, 'doctor -o json');
    expect(failed(checks)).toEqual(['label']);
  });

  it('takes the selector of a further binding', async () => {
    await using podid = await sickPodid(faultCalled('a label in other letters'));
    podid.emulator.kube.seed({
      apiVersion: 'aadpodidentity.k8s.io/v1',
      kind: 'AzureIdentityBinding',
      metadata: { namespace: 'demo', name: 'web-too' },
      spec: { azureIdentity: 'web', selector: 'Web' },
    });
    const { checks } = await examine(podid);
    expect(failed(checks)).toEqual([]);
  });

  it('takes the selector of a service principal, and looks whether it is complete', async () => {
    await using podid = await sickPodid(faultCalled('a label in other letters'));
    const metadata = { namespace: 'demo', name: 'principal' };
    const seed = (kind: string, name: string, spec: object) =>
      podid.emulator.kube.seed({
        ...{ apiVersion: 'aadpodidentity.k8s.io/v1', kind },
        ...{ metadata: { ...metadata, name }, spec },
      });
    seed('AzureIdentityBinding', 'principal-binding', { azureIdentity: 'principal', selector: 'Web' });
    seed('AzureIdentity', 'principal', { type: 1 });
    const { checks } = await examine(podid);
    expect(failed(checks)).toEqual(['selector']);
    expect(checks.find(({ name }) => name === 'selector')?.message).toContain('demo/principal');
    const clientPassword = { name: 'secret' };
    seed('AzureIdentity', 'principal', { type: 1, clientID: 'c', tenantID: 't', clientPassword });
    expect(failed((await examine(podid)).checks)).toEqual([]);
  });

  it.each([
    ['in other letters', 'demo', 'Web', /names AzureIdentity Web, which does not exist; there is web\.$/],
    ['of another namespace', 'default', 'web', /which is in default; it is looked for in the binding's own/],
  ])(
    'says what is wrong with a binding that names an identity %s, without the add-on',
    async (_what, namespace, azureIdentity, message) => {
      await using podid = await sickPodid(faultCalled('the add-on off, and nothing in the cluster'));
      const seed = (kind: string, metadata: { namespace: string; name: string }, spec: object) =>
        podid.emulator.kube.seed({ apiVersion: 'aadpodidentity.k8s.io/v1', kind, metadata, spec });
      const resourceID = identityId('web');
      seed('AzureIdentity', { namespace, name: 'web' }, { type: 0, resourceID });
      seed(
        'AzureIdentityBinding',
        { namespace: 'demo', name: 'web-binding' },
        { azureIdentity, selector: 'web' },
      );
      const { checks } = await examine(podid);
      expect(failed(checks)).toEqual(['selector']);
      expect(checks.find(({ name }) => name === 'selector')?.message).toMatch(message);
    },
  );

  it('reports that a Deployment has no pods', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const { checks } = await examine(podid, 'doctor --namespace demo --deployment nobody -o json');
    expect(failed(checks)).toEqual(['pod']);
  });

  it('reads every page of a long list', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const { kube } = podid.emulator;
    const web = kube.get('pods', 'demo', 'web-1');
    for (let number = 2; web !== undefined && number <= 1100; number += 1) {
      kube.seed({ ...web, metadata: { ...web.metadata, name: `web-${number}`, uid: `uid-${number}` } });
    }
    const { checks } = await examine(podid, 'doctor -o json');
    expect(checks.find(({ name }) => name === 'pod')?.message).toMatch(/^1100 pods/);
  });

  it('asks for 200 entries side by side, and once about each', async () => {
    await using podid = await emulatedPodid({ scenario: 'full' });
    const { checks } = await examine(podid, 'doctor -o json');
    expect(failed(checks)).toEqual(['objects']);
    expect(podid.count('identities.get')).toBe(200);
    // The cluster's role on each, and each one's own roles.
    expect(podid.count('roleAssignments.list')).toBe(400);
  });

  it('finds nothing wrong after a first "add"', async () => {
    await using podid = await emulatedPodid();
    await podid.json([
      'add',
      '--namespace',
      'demo',
      '--name',
      'web',
      '--identity-resource-id',
      identityId('web'),
    ]);
    const { checks, exitCode } = await examine(podid, 'doctor -o json');
    expect([failed(checks), exitCode]).toEqual([[], 0]);
    expect(checks.filter(({ result }) => result === 'pass').map(({ name }) => name)).toEqual(
      expect.arrayContaining(['entries', 'operator-role', 'node-identities', 'objects', 'agent']),
    );
  });

  it('prints no secret', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const { stdout, stderr } = await podid.run(`${forPod} --debug`);
    for (const secret of podid.emulator.secrets) {
      expect(`${stdout}${stderr}`).not.toContain(secret);
    }
  });
});

function faultCalled(what: string): SeededFault {
  const found = seededFaults.find((fault) => fault.what === what);
  if (found === undefined) {
    throw new Error(`There is no fault called ${what}.`);
  }
  return found;
}

async function sickPodid(...faults: readonly SeededFault[]): Promise<EmulatedPodid> {
  const podid = await emulatedPodid({ scenario: 'in-use' });
  for (const { seed } of faults) {
    seed(podid.emulator);
  }
  return podid;
}

async function examine(
  podid: EmulatedPodid,
  line = forPod,
): Promise<{ readonly checks: CheckResult[]; readonly exitCode: number }> {
  const { stdout, stderr, exitCode } = await podid.run(line);
  expect(stdout, stderr).not.toBe('');
  return { checks: (JSON.parse(stdout) as { checks: CheckResult[] }).checks, exitCode };
}

function failed(checks: readonly CheckResult[]): string[] {
  return checks.filter(({ result }) => result === 'fail').map(({ name }) => name);
}

/** One fault may take away what the other is about. */
function cancels(one: SeededFault, other: SeededFault): boolean {
  return one.takes !== undefined && (other.isAbout?.includes(one.takes) ?? false);
}

/** The checks of the faults in the order of the list, without those that lie behind another one. */
function expectedOf(faults: readonly SeededFault[]): string[] {
  const named = new Set(faults.map(({ check }) => check));
  const open = [...named].filter((name) => !isBehind(name, named));
  return checkList.map(({ name }) => name).filter((name) => open.includes(name));
}

function isBehind(name: string, others: ReadonlySet<string>): boolean {
  const behind = checkList.find((check) => check.name === name)?.behind ?? [];
  return behind.some((before) => others.has(before) || isBehind(before, others));
}
