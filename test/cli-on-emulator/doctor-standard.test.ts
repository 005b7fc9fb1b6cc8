import { describe, expect, it } from 'vitest';
import { scaleSetId } from '../../src/emulator/scenarios/machine-parts.ts';
import { nodeName } from '../../src/emulator/scenarios/nodes.ts';
import type { Emulator } from '../../src/emulator/start-emulator.ts';
import type { CheckResult } from '../../src/workflows/doctor/check.ts';
import { checkList } from '../../src/workflows/doctor/check-list.ts';
import { type EmulatedPodid, emulatedPodid, identityId } from './emulated-podid.ts';
import { commandsIn } from './hint-commands.ts';
import { agoText, putOn, seedAssignment, seedEvent, seedLease, settle, soloId } from './standard-world.ts';

const webRefused = `AzureIdentity demo/web: LinkedAuthorizationFailed: The client 'mic' lacks 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action' over ${identityId('web')}.`;
const vmRefused =
  "AzureIdentity demo/web: AuthorizationFailed: The client 'mic' does not have authorization to perform action 'Microsoft.Compute/virtualMachineScaleSets/write'.";
const gone = "AzureIdentity demo/web: FailedIdentityOperation: Resource '/web' was not found.";

interface StandardFault {
  readonly what: string;
  readonly check: string;
  readonly title: RegExp;
  readonly hint: RegExp;
  readonly seed: (emulator: Emulator) => void;
}

const faults: readonly StandardFault[] = [
  {
    what: 'no controller at all',
    check: 'controller',
    title: /runs in standard mode, and the cluster has no controller/,
    hint: /podid node assign .*podid nmi install .*--set operationMode=managed/,
    seed: ({ kube }) => kube.remove('leases', 'kube-system', 'podid-mic'),
  },
  {
    what: 'a controller that died',
    check: 'controller',
    title: /No controller leads.*mic-1_a has not renewed the lease kube-system\/podid-mic for \d+ s/,
    hint: /^kubectl logs -n ids podid-mic-1$/,
    seed: (emulator) => {
      seedLease(emulator, { renewTime: agoText(10 * 60_000) });
      seedController(emulator);
    },
  },
  {
    what: "upstream's MIC, whose lock is old",
    check: 'controller',
    title:
      /mic-0 has not renewed the endpoints default\/aad-pod-identity-mic for \d+ s.*Not ready: ids\/mic-0/,
    hint: /^kubectl describe pod -n ids mic-0$/,
    seed: (emulator) => {
      emulator.kube.remove('leases', 'kube-system', 'podid-mic');
      seedUpstream(emulator, 20 * 60_000);
    },
  },
  {
    what: 'a node without providerID',
    check: 'node-machines',
    title: /which machine in Azure is behind aks-nodepool1-12345678-vmss000000 \(no providerID\)/,
    hint: /^kubectl describe node aks-nodepool1-12345678-vmss000000$/,
    seed: ({ kube }) => {
      const node = kube.get('nodes', '', nodeName(0));
      if (node) {
        kube.seed({ ...node, spec: {} });
      }
    },
  },
  {
    what: 'an assignment that nobody wrote',
    check: 'assignments',
    title: /has written no AzureAssignedIdentity for demo\/web-1 \(identity demo\/web\)/,
    hint: /^kubectl logs -n ids podid-mic-1$/,
    seed: (emulator) => {
      seedController(emulator);
      emulator.kube.remove('azureassignedidentities', 'demo', 'web-1-demo-web');
    },
  },
  {
    what: 'an assignment of an earlier pod of the name',
    check: 'assignments',
    title: /has written no AzureAssignedIdentity for demo\/web-1/,
    hint: /^kubectl get events -n demo$/,
    seed: ({ kube }) => {
      const found = kube.get('azureassignedidentities', 'demo', 'web-1-demo-web');
      if (found) {
        const annotations = { 'podid.io/pod-uid': 'of-yesterday' };
        kube.seed({ ...found, metadata: { ...found.metadata, annotations } });
      }
    },
  },
  {
    what: 'an assignment in state Created for long',
    check: 'assignments',
    title: /for more than five minutes, and no reason is known: demo\/web-1/,
    hint: /^kubectl get events -n demo$/,
    seed: (emulator) => seedAssignment(emulator, 'web', { state: 'Created' }),
  },
  {
    what: 'a machine on which another operation runs',
    check: 'assignments',
    title: /Another operation runs on aks-nodepool1-12345678-vmss, whose state in Azure is Updating/,
    hint: /^az vmss show --ids \/subscriptions\/\S+ --query provisioningState -o tsv$/,
    seed: (emulator) => {
      seedAssignment(emulator, 'web', { state: 'Created' });
      const machine = emulator.world.machines.get(scaleSetId('nodepool1').toLowerCase());
      const properties = (machine?.['properties'] ?? {}) as Record<string, string>;
      properties['provisioningState'] = 'Updating';
    },
  },
  {
    what: 'an identity that podid-mic may not assign',
    check: 'assignments',
    title: new RegExp(`demo/web-1 \\(identity demo/web\\).* said just now: ${escaped(webRefused)}$`),
    hint: /az role assignment create --role "?'?Managed Identity Operator'?"? .*PRINCIPAL .*\/web$/,
    seed: (emulator) => {
      seedAssignment(emulator, 'web', { state: 'Created', ageMs: 90_000 });
      seedEvent(emulator, 'web-1', webRefused);
    },
  },
  {
    what: 'machines that podid-mic may not change',
    check: 'assignments',
    title: /said just now: AzureIdentity demo\/web: AuthorizationFailed: .*virtualMachineScaleSets\/write/,
    hint: /az role assignment create --role "?'?Virtual Machine Contributor'?"? .*PRINCIPAL .*\/resourceGroups\/[^/]+$/,
    seed: (emulator) => {
      seedAssignment(emulator, 'web', { state: 'Created', ageMs: 90_000 });
      seedEvent(emulator, 'web-1', vmRefused);
    },
  },
  {
    what: 'an identity that Azure refuses for another reason',
    check: 'assignments',
    title: /FailedIdentityOperation: Resource '\/web' was not found\./,
    hint: /^kubectl logs -n ids podid-mic-1$/,
    seed: (emulator) => {
      seedController(emulator);
      seedAssignment(emulator, 'web', { state: 'Created', ageMs: 90_000 });
      seedEvent(emulator, 'web-1', gone);
    },
  },
  {
    what: 'an identity that somebody took off',
    check: 'node-identities',
    title: /missing on their machines: the identity of demo\/web on aks-nodepool1-12345678-vmss\./,
    hint: /^podid node list /,
    seed: (emulator) => putOn(emulator, scaleSetId('nodepool1')),
  },
  {
    what: 'a binding of another namespace, which the controller confines',
    check: 'selector',
    title: /matches no selector in namespace demo.* It matches one in shop\/web-binding/,
    hint: /^podid add .*--mode cluster /,
    seed: ({ kube }) => {
      const binding = kube.get('azureidentitybindings', 'demo', 'web-binding');
      kube.remove('azureidentitybindings', 'demo', 'web-binding');
      if (binding) {
        kube.seed({ ...binding, metadata: { ...binding.metadata, namespace: 'shop' } });
      }
    },
  },
];

describe('a healthy cluster in standard mode', () => {
  it.each([
    'doctor -g demo-rg -c demo -o json',
    'doctor -g demo-rg -c demo --namespace demo --pod jobs-1 -o json',
  ])('has nothing that "%s" fails or warns of', async (line) => {
    await using podid = await standardPodid();
    const { checks, exitCode } = await examine(podid, line);
    const notPassed = checks.filter(({ result }) => result !== 'pass').map(({ name }) => name);
    // Nobody has asked for a token, and the identities have no role.
    expect([notPassed, exitCode]).toEqual([['token', 'own-roles'], 0]);
    expect(podid.emulator.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(checks.find(({ name }) => name === 'node-pools')?.message).toBe('All node pools are Linux.');
  });

  it('needs no identity on machines whose pods ask for none', async () => {
    await using podid = await standardPodid();
    const { kube } = podid.emulator;
    kube.remove('pods', 'demo', 'jobs-1');
    kube.remove('azureassignedidentities', 'demo', 'jobs-1-demo-jobs');
    putOn(podid.emulator, soloId(podid.emulator));
    expect(failed((await examine(podid, 'doctor -o json')).checks)).toEqual([]);
  });

  it('takes the binding of another namespace where the controller does', async () => {
    await using podid = await standardPodid(
      faultCalled('a binding of another namespace, which the controller confines'),
    );
    seedController(podid.emulator, 'FORCENAMESPACED', 'false');
    const { kube } = podid.emulator;
    const binding = kube.get('azureidentitybindings', 'shop', 'web-binding');
    const identity = kube.get('azureidentities', 'demo', 'web');
    const found = kube.get('azureassignedidentities', 'demo', 'web-1-demo-web');
    if (identity && found) {
      const moved = { ...identity, metadata: { ...identity.metadata, namespace: 'shop' } };
      kube.seed(moved);
      const spec = { ...(found.spec as object), azureIdentityRef: moved, azureBindingRef: binding };
      kube.seed({ ...found, metadata: { ...found.metadata, namespace: 'default' }, spec });
    }
    expect(failed((await examine(podid)).checks)).toEqual([]);
  });

  it('is at work on a pod that has just come', async () => {
    await using podid = await standardPodid();
    seedAssignment(podid.emulator, 'web', { state: 'Created', ageMs: 20_000 });
    const { checks } = await examine(podid);
    expect(failed(checks)).toEqual([]);
    expect(checks.find(({ name }) => name === 'assignments')).toMatchObject({
      result: 'warn',
      message: 'The controller is at work on demo/web-1 (identity demo/web).',
    });
  });

  it("is well with upstream's MIC too, which writes no uid of a pod", async () => {
    await using podid = await standardPodid();
    const { kube } = podid.emulator;
    kube.remove('leases', 'kube-system', 'podid-mic');
    seedUpstream(podid.emulator, 1000);
    const found = kube.get('azureassignedidentities', 'demo', 'web-1-demo-web');
    if (found) {
      kube.seed({ ...found, metadata: { ...found.metadata, annotations: {} } });
    }
    expect(failed((await examine(podid)).checks)).toEqual([]);
  });
});

describe('a fault of standard mode', () => {
  it.each(faults.map((fault) => [fault.what, fault] as const))(
    'is found and named by its own check alone: %s',
    async (_what, fault) => {
      await using podid = await standardPodid(fault);
      const { checks, exitCode } = await examine(podid);
      expect(failed(checks)).toEqual([fault.check]);
      const found = checks.find(({ name }) => name === fault.check);
      expect(found?.message).toMatch(fault.title);
      expect(String(found?.hint)).toMatch(fault.hint);
      expect(exitCode).toBe(10);
      for (const line of commandsIn(String(found?.hint))) {
        const typed = await podid.run(line);
        expect(typed.exitCode, `podid ${line.join(' ')}: ${typed.stderr}`).toBe(0);
      }
    },
  );

  it.each(faults.map((fault, at) => [fault.what, fault, faults.slice(at + 1)] as const))(
    'is found beside each other one: %s',
    async (_what, fault, others) => {
      for (const other of others.filter(({ check }) => check !== fault.check)) {
        await using podid = await standardPodid(fault, other);
        const found = failed((await examine(podid, 'doctor --namespace demo -o json')).checks);
        const both = new Set([fault.check, other.check]);
        const open = [...both].filter((name) => !isBehind(name, both) && !isHidden(name, fault, other));
        expect([...found].sort(), `${fault.what}, and ${other.what}`).toEqual(open.sort());
      }
    },
    120_000,
  );

  it.each([
    [{ resource: 'leases' }, 'controller', 'get leases.coordination.k8s.io in namespace kube-system'],
    [{ resource: 'azureassignedidentities' }, 'assignments', 'list azureassignedidentities'],
  ])('that may not be seen (%j) is skipped with the right that is missing', async (rule, check, right) => {
    await using podid = await standardPodid();
    podid.emulator.kube.faults = { ...podid.emulator.kube.faults, deny: [rule] };
    const { checks, exitCode } = await examine(podid);
    expect(checks.find(({ name }) => name === check)).toMatchObject({
      result: 'skip',
      message: expect.stringContaining(right),
    });
    expect([failed(checks), exitCode]).toEqual([[], 0]);
  });
});

/** A node that names no machine has no assignments that could be judged; what nobody assigned is missing nowhere. */
function isHidden(name: string, ...pair: readonly StandardFault[]): boolean {
  const checks = pair.map(({ check }) => check);
  return (
    (['assignments', 'node-identities'].includes(name) && checks.includes('node-machines')) ||
    (name === 'node-identities' && (checks.includes('assignments') || checks.includes('selector')))
  );
}

function isBehind(name: string, others: ReadonlySet<string>): boolean {
  const behind = checkList.find((check) => check.name === name)?.behind ?? [];
  return behind.some((before) => others.has(before) || isBehind(before, others));
}

function seedController({ kube }: Emulator, variable = 'FORCENAMESPACED', value = 'true'): void {
  kube.seed({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'podid-mic-1', namespace: 'ids', labels: { 'app.kubernetes.io/component': 'mic' } },
    spec: {
      nodeName: nodeName(0),
      containers: [{ name: 'mic', command: ['podid-mic'], env: [{ name: variable, value }] }],
    },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  });
}

function seedUpstream({ kube }: Emulator, silentMs: number): void {
  const record = { holderIdentity: 'mic-0', leaseDurationSeconds: 15, renewTime: agoText(silentMs) };
  kube.seed({
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      name: 'aad-pod-identity-mic',
      namespace: 'default',
      annotations: { 'control-plane.alpha.kubernetes.io/leader': JSON.stringify(record) },
    },
  });
  kube.seed({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'mic-0', namespace: 'ids', labels: { component: 'mic' } },
    spec: { nodeName: nodeName(0), containers: [{ name: 'mic', args: ['--logtostderr'] }] },
    status: { phase: 'Pending' },
  });
}

function faultCalled(what: string): StandardFault {
  const found = faults.find((fault) => fault.what === what);
  if (found === undefined) {
    throw new Error(`There is no fault called ${what}.`);
  }
  return found;
}

async function standardPodid(...seeded: readonly StandardFault[]): Promise<EmulatedPodid> {
  const podid = await emulatedPodid({ scenario: 'standard-mode' });
  settle(podid.emulator);
  for (const { seed } of seeded) {
    seed(podid.emulator);
  }
  return podid;
}

async function examine(
  podid: EmulatedPodid,
  line = 'doctor --namespace demo --pod web-1 -o json',
): Promise<{ readonly checks: CheckResult[]; readonly exitCode: number }> {
  const { stdout, stderr, exitCode } = await podid.run(line);
  expect(stdout, stderr).not.toBe('');
  return { checks: (JSON.parse(stdout) as { checks: CheckResult[] }).checks, exitCode };
}

function failed(checks: readonly CheckResult[]): string[] {
  return checks.filter(({ result }) => result === 'fail').map(({ name }) => name);
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
