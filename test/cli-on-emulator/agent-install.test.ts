import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { noImageText } from '../../src/domain/kubernetes/agent-image.ts';
import { emulatedPodid, identityId } from './emulated-podid.ts';

const image = ['--set', 'podid.image.repository=registry.example.net/podid'];

interface Written {
  readonly kind: string;
  readonly name: string;
  readonly action: string;
}

describe("podid nmi on the emulator's own agent", () => {
  it.each([
    [['install', ...image, '--dry-run'], /DaemonSet/],
    [['uninstall', '--dry-run'], /DaemonSet/],
  ])('takes %j', async (words, said) => {
    await using podid = await emulatedPodid();
    const ran = await podid.run(['nmi', ...words]);
    expect(ran.stderr).not.toContain('not written by podid');
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(`${ran.stdout}${ran.stderr}`).toMatch(said);
  });

  it.each([
    [
      'aks-nodepool1-12345678-vmss00000x',
      /no node aks-\S+x\. Its Linux nodes: aks-\S+0, aks-\S+1\.\n.*kubectl get nodes/,
    ],
    ['AKS-nodepool1-12345678-vmss000000', /--node: "AKS-\S+0" .*Nearest: aks-\S+0/],
  ])('cleans no node that is not there, rehearsed or not: %s', async (node, said) => {
    await using podid = await emulatedPodid();
    for (const more of [['--dry-run'], ['--yes']]) {
      const ran = await podid.run(['nmi', 'uninstall', '--node', node, ...image, ...more]);
      expect([2, 4]).toContain(ran.exitCode);
      expect(ran.stderr).toMatch(said);
    }
    expect(podid.emulator.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it('prints the manifests of a dry run as YAML, of what would be written alone, and hints elsewhere', async () => {
    await using podid = await emulatedPodid({ scenario: 'first-time' });
    const { kube } = podid.emulator;
    kube.remove('daemonsets', 'kube-system', 'podid-nmi');
    const ran = await podid.run(['nmi', 'install', ...image, '--dry-run', '-o', 'yaml']);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(ran.stderr).not.toBe('');
    const documents = parseAllDocuments(ran.stdout).map((each) => each.toJS());
    const { objects } = await podid.json(['nmi', 'install', ...image, '--dry-run', '-o', 'json']);
    const written = (objects as Written[]).filter(({ action }) => action !== 'kept');
    expect(documents.map(({ kind, metadata: { name } }) => `${kind} ${name}`)).toEqual(
      written.map(({ kind, name }) => `${kind} ${name}`),
    );
    const daemonSet = documents.at(-1);
    expect(daemonSet).toMatchObject({
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'podid-nmi' },
    });
    expect(kube.get('daemonsets', 'kube-system', 'podid-nmi')).toBeUndefined();
  });

  it('keeps the secret of a service principal out of the manifests, and says so', async () => {
    await using podid = await emulatedPodid({ scenario: 'first-time' });
    const standard = ['operationMode=standard', 'adminsecret.clientID=a', 'adminsecret.clientSecret=planted'];
    const words = [
      'nmi',
      'install',
      ...image,
      '--set',
      standard.join(','),
      '--force',
      '--dry-run',
      '-o',
      'yaml',
    ];
    const ran = await podid.run([...words, '--set', 'adminsecret.tenantID=t,adminsecret.subscriptionID=s']);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(ran.stdout).not.toContain('kind: Secret');
    expect(`${ran.stdout}${ran.stderr}`).not.toMatch(/planted|cGxhbnRlZA/);
    expect(ran.stderr).toMatch(/Secret kube-system\/\S+ is not printed/);
  });

  it('waits for no pods, of which the emulator runs none, and says so', async () => {
    await using podid = await emulatedPodid({ scenario: 'standard-mode' });
    const removed = await podid.run(['nmi', 'uninstall', '--yes']);
    expect(removed.exitCode, removed.stderr).toBe(7);
    expect(removed.stderr).toContain('3 of 3 nodes may still hold rules');
    expect(removed.stderr).toContain('(The nodes of the emulator run no pods)');
    const installed = await podid.run([
      'nmi',
      'install',
      ...image,
      '--set',
      'operationMode=standard',
      '--yes',
    ]);
    expect(installed.exitCode, installed.stderr).toBe(7);
    expect(installed.stderr).toContain(
      'The agent is installed, and no pod of it is started: The nodes of the emulator run no pods.',
    );
    expect(installed.stderr).toMatch(/podid token --emulated-pod demo\/(?:web|jobs)$/m);
    const again = await podid.run(['nmi', 'uninstall', '--yes']);
    expect(again.exitCode, again.stderr).toBe(7);
    expect(again.stderr).toContain('Removing Deployment podid-mic');
  });

  it("names, for a pod to try, a binding of the reader's own", async () => {
    await using podid = await emulatedPodid({ scenario: 'first-time' });
    const install = ['nmi', 'install', ...image, '--yes'];
    expect((await podid.run(install)).stderr).toMatch(/podid token --emulated-pod NAMESPACE\/LABEL$/m);
    const id = identityId('web');
    await podid.json(
      `add --mode cluster --namespace default --name api --binding-selector front --identity-resource-id ${id}`,
    );
    expect((await podid.run(install)).stderr).toMatch(/podid token --emulated-pod default\/front$/m);
  });

  it('installs nothing while nobody has named an image, and says what to set', async () => {
    await using podid = await emulatedPodid();
    const before = podid.emulator.requests.length;
    const ran = await podid.run(['nmi', 'install', '--set', 'podid.image.repository=']);
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain(`podid: ${noImageText}\n`);
    expect(podid.emulator.requests).toHaveLength(before);
  });

  it.each<[string, readonly string[], boolean, number]>([
    ['takes its place, once Azure says that the add-on is off', ['--force'], false, 0],
    ['names what else there is', [], false, 5],
    ['is refused, as long as Azure says that it is on', ['--force'], true, 5],
    ['is refused where a kubeconfig is named, so that Azure is not asked', ['--force', 'FILE'], false, 5],
  ])('beside what the add-on left behind %s', async (_, words, isOn, exitCode) => {
    await using podid = await emulatedPodid({ scenario: 'first-time' });
    const { emulator } = podid;
    if (isOn) {
      await podid.run('enable');
    }
    emulator.kube.remove('daemonsets', 'kube-system', 'podid-nmi');
    emulator.kube.seed(leftByAddon);
    const kubeconfig = ['--kubeconfig', emulator.environment['KUBECONFIG'] ?? ''];
    const typed = words.flatMap((word) => (word === 'FILE' ? kubeconfig : [word]));
    const ran = await podid.run([
      'nmi',
      'install',
      ...image,
      '-g',
      'demo-rg',
      '-c',
      'demo',
      ...typed,
      '--dry-run',
    ]);
    expect(ran.exitCode, ran.stderr).toBe(exitCode);
  });
});

const labels = { component: 'nmi', tier: 'node' };
const leftByAddon = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: {
    name: 'nmi',
    namespace: 'kube-system',
    labels: { ...labels, 'kubernetes.azure.com/managedby': 'aks' },
  },
  spec: {
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        hostNetwork: true,
        containers: [
          {
            name: 'nmi',
            image: 'mcr.microsoft.com/oss/azure/aad-pod-identity/nmi:v1.8.13',
            args: ['--node=x'],
          },
        ],
      },
    },
  },
};
