import { describe, expect, it } from 'vitest';
import { withoutAddon } from './doctor-faults.ts';
import { type EmulatedPodid, podidOfErrors as emulatedPodid, identityId } from './emulated-podid.ts';
import { errorOf } from './node-worlds.ts';
import { seedLease, settle } from './standard-world.ts';

const inDemo = ['--mode', 'cluster', '--namespace', 'demo', '--name', 'web'];

interface SeededPod {
  readonly namespace?: string;
  readonly label?: string;
  readonly phase?: string;
}

function seedPod({ emulator: { kube } }: EmulatedPodid, name: string, pod: SeededPod = {}): void {
  const { namespace = 'demo', label = 'web', phase = 'Running' } = pod;
  kube.seed({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels: { aadpodidbinding: label } },
    spec: { nodeName: 'node-1', containers: [{ name: 'app', image: 'app' }] },
    status: { phase },
  });
}

/** An entry of namespace demo, and pods of every kind. */
async function withPods(): Promise<EmulatedPodid> {
  const podid = await emulatedPodid({ scenario: 'first-time' });
  await podid.json(['add', ...inDemo, '--identity-resource-id', identityId('web')]);
  seedPod(podid, 'running');
  seedPod(podid, 'waiting', { phase: 'Pending' });
  seedPod(podid, 'ended', { phase: 'Succeeded' });
  seedPod(podid, 'evicted', { phase: 'Failed' });
  seedPod(podid, 'of-another-label', { label: 'api' });
  seedPod(podid, 'of-another-namespace', { namespace: 'kube-system' });
  return podid;
}

describe('podid list --mode cluster', () => {
  it('counts the pods that get an entry by their label, as show --pods lists them', async () => {
    await using podid = await withPods();
    const shown: { pods: unknown[] } = await podid.json(['show', ...inDemo, '--pods']);
    expect(shown.pods).toHaveLength(2);
    expect(await podid.json('list --mode cluster --query [].[name,podCount]')).toEqual([['web', 2]]);
    const { stdout } = await podid.run('list --mode cluster -o table');
    expect(stdout).toMatch(/^NAME +NAMESPACE +SELECTOR +CLIENT-ID +PODS +STATE$/m);
    expect(stdout).toMatch(/^web +demo .* 2 +Assigned$/m);
    expect((await podid.run('list --mode cluster -o wide')).stdout).toMatch(
      /IDENTITY +CLIENT-ID +PODS +STATE$/m,
    );
  });

  it('counts those of each of several labels, and an entry without pods as nought', async () => {
    await using podid = await withPods();
    podid.emulator.kube.seed({
      apiVersion: 'aadpodidentity.k8s.io/v1',
      kind: 'AzureIdentityBinding',
      metadata: { namespace: 'demo', name: 'also' },
      spec: { azureIdentity: 'web', selector: 'api' },
    });
    expect(await podid.json('list --mode cluster --query [].podCount')).toEqual([3]);
    const none = ['--mode', 'cluster', '--namespace', 'demo', '--name', 'jobs'];
    await podid.json(['add', ...none, '--identity-resource-id', identityId('jobs')]);
    const query = '[?name==`jobs`].podCount';
    expect(await podid.json(['list', '--mode', 'cluster', '--query', query])).toEqual([0]);
  });

  it('counts by a kubeconfig alone', async () => {
    await using podid = await withPods();
    const { KUBECONFIG = '' } = podid.emulator.environment;
    expect(await podid.json(['list', '--mode', 'cluster', '--kubeconfig', KUBECONFIG])).toMatchObject([
      { podCount: 2 },
    ]);
  });

  it('lists without the count where the caller may not see pods, and says so', async () => {
    await using podid = await withPods();
    podid.emulator.kube.faults = {
      ...podid.emulator.kube.faults,
      deny: [{ resource: 'pods', verb: 'list' }],
    };
    const { stdout, stderr, exitCode } = await podid.run('list --mode cluster -o table');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^NAME +NAMESPACE +SELECTOR +CLIENT-ID +STATE$/m);
    expect(stderr).toMatch(/The pods of the entries cannot be counted: .*list pods/);
  });

  it('counts in standard mode what the controller assigns, in other namespaces too where it does', async () => {
    await using podid = await emulatedPodid({ scenario: 'standard-mode' });
    settle(podid.emulator);
    seedPod(podid, 'elsewhere', { namespace: 'kube-system' });
    const counts = () => podid.json('list --mode cluster --namespace demo --query [].[name,podCount]');
    expect(await counts()).toEqual([
      ['jobs', 1],
      ['web', 1],
    ]);
    podid.emulator.kube.remove('leases', 'kube-system', 'podid-mic');
    seedUpstreamLock(podid);
    expect(await counts()).toEqual([
      ['jobs', 1],
      ['web', 2],
    ]);
  });

  it('counts none for the entries of the add-on, which Azure keeps', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    expect(JSON.stringify(await podid.json('list'))).not.toContain('podCount');
    withoutAddon(podid.emulator);
    expect(await podid.json('list --mode cluster --query [].podCount')).not.toEqual([]);
  });

  it('names the entries of an add-on that is on, and the way to them', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const refused = errorOf(await podid.run('list --mode cluster'));
    expect(refused).toMatchObject({
      ...{ exitCode: 5, code: 'AddonEnabled' },
      message: expect.stringMatching(/is on, so entries are in Azure \(\d+ pod identit(?:y|ies)/),
      hint: expect.stringMatching(
        /^Give the same command with --mode addon, or set PODID_MODE=addon; to see them: podid list/,
      ),
    });
    const line = /podid (list .*)$/.exec(String(refused.hint))?.[1] ?? '';
    const listed: readonly unknown[] = await podid.json(line);
    expect(listed.length).toBeGreaterThan(0);
  });
});

/** As upstream's MIC renews it, which does not confine pods to namespaces. */
function seedUpstreamLock({ emulator }: EmulatedPodid): void {
  seedLease(emulator, { holderIdentity: '' });
  const renewTime = new Date().toISOString();
  const record = { holderIdentity: 'mic-1', leaseDurationSeconds: 15, acquireTime: renewTime, renewTime };
  emulator.kube.seed({
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      namespace: 'default',
      name: 'aad-pod-identity-mic',
      annotations: { 'control-plane.alpha.kubernetes.io/leader': JSON.stringify(record) },
    },
  });
}
