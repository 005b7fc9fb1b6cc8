import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../src/domain/time/clock.ts';
import type { AddonRemoval } from '../../src/emulator/settings.ts';
import { type EmulatedPodid, emulatedPodid } from './emulated-podid.ts';
import { fastClock } from './exchange-emulator.ts';
import { PlayedKubelet } from './played-kubelet.ts';

/** An emulated cluster with the add-on, whose nodes run what is put on them: real agents, and pods that ask. */
export interface TakeoverWorld extends AsyncDisposable {
  readonly podid: EmulatedPodid;
  /** In which files may be written. */
  readonly folder: string;
  /** Of pods that asked all the while, by the identity that they have: how often, and how often in vain. */
  readonly asked: Readonly<Record<string, { readonly asked: number; readonly failed: number }>>;
  /** Has a pod hang: it runs on, and says nothing more. */
  mute(pod: string): void;
  /** Starts a pod that asks without end, with that label of the binding, in namespace demo. */
  askAs(selector: string): void;
  /** Restarts the agent of each node, as a crash does. */
  restartAgents(): Promise<void>;
}

const home = 'kube-system';
const nmiLabels = { component: 'nmi', tier: 'node', 'kubernetes.azure.com/managedby': 'aks' };

export async function takeoverWorld(removal: AddonRemoval): Promise<TakeoverWorld> {
  const podid = await emulatedPodid({ scenario: 'oidc-issuer' }, {}, { clock: patientClock() });
  const { emulator } = podid;
  emulator.world.settings.addonRemoval = removal;
  const folder = await mkdtemp(join(tmpdir(), 'podid-takeover-world-'));
  withAddonAgent(emulator.kube);
  const kubelet = new PlayedKubelet(podid, folder);
  await kubelet.start();
  return {
    podid,
    folder,
    asked: kubelet.asked,
    askAs(selector) {
      const nodeName = emulator.kube.list('Node')[0]?.metadata.name;
      emulator.kube.seed({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          name: `asks-${selector}`,
          namespace: 'demo',
          labels: { app: 'asks', aadpodidbinding: selector },
        },
        spec: { nodeName, containers: [{ name: 'app', image: 'registry.example.net/app' }] },
      });
    },
    mute: (pod) => void kubelet.mute.add(pod),
    restartAgents: () => kubelet.restartAgents(),
    async [Symbol.asyncDispose]() {
      await kubelet.stop();
      await podid[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The agents, in this process, too, get their turn between two looks at them. */
function patientClock(): Clock {
  const fast = fastClock();
  return { ...fast, sleep: (ms, signal) => fast.sleep(Math.max(ms, 4000), signal) };
}

/** In place of podid's agent, which comes with the takeover. */
function withAddonAgent(kube: EmulatedPodid['emulator']['kube']): void {
  kube.remove('DaemonSet', home, 'podid-nmi');
  for (const { metadata } of kube.list('Pod', home)) {
    kube.remove('Pod', home, metadata.name);
  }
  const spec = {
    hostNetwork: true,
    containers: [
      { name: 'nmi', image: 'mcr.microsoft.com/oss/azure/aad-pod-identity/nmi:v1.8.13', args: ['--node=x'] },
    ],
  };
  kube.seed({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'nmi', namespace: home, labels: nmiLabels },
    spec: {
      selector: { matchLabels: { component: 'nmi', tier: 'node' } },
      template: { metadata: { labels: nmiLabels }, spec },
    },
  });
}
