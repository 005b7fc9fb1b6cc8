import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Clock } from '../../src/domain/time/clock.ts';
import type { AddonRemoval } from '../../src/emulator/settings.ts';
import { type EmulatedPodid, emulatedPodid, type Ran } from './emulated-podid.ts';
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
  /** Starts a pod that asks without end, with that label of the binding, in namespace demo, for each of these in turn. */
  askAs(selector: string, asks?: { readonly resources?: readonly string[]; readonly node?: string }): void;
  /** Restarts the agent of each node, as a crash does. */
  restartAgents(): Promise<void>;
}

/** What AKS takes away with the add-on: nothing at all, or all of it, and its agent last. */
export const stay = { definitions: 'stay', identities: 'stay', nmi: 'first', delayMs: 0 } as const;
export const go = { definitions: 'go', identities: 'go', nmi: 'last', delayMs: 20 } as const;

export const cluster = ['-g', 'demo-rg', '-c', 'demo'];
export const image = ['--set', 'podid.image.repository=registry.example.net/podid'];
/** Of `apply` and `rollback`: a rehearsal that is short, and no question. */
export const quick = ['--rounds', '2', '--over', '1s', '--yes', '-o', 'json', '--timeout', '6h'];

/** As `podid takeover apply` and `rollback` print it. */
export interface ShownTakeover {
  readonly step: number;
  readonly state: string;
  readonly proof: {
    readonly asked: number;
    readonly answered: number;
    readonly longestMs: number;
    readonly silent: readonly string[];
  };
  readonly steps: readonly { readonly step: number }[];
  readonly gaps: readonly { readonly identity: string; readonly machine: string; readonly ms: number }[];
}

/** The file of a plan that nothing blocks. */
export async function planFile({ podid, folder }: TakeoverWorld): Promise<string> {
  const file = join(folder, 'takeover.yaml');
  const ran = await podid.run(['takeover', 'plan', ...cluster, '--out', file, '-o', 'json']);
  expect(ran.exitCode, ran.stderr).toBe(0);
  expect(JSON.parse(ran.stdout)).toMatchObject({ blockers: [] });
  return file;
}

export function run({ podid }: TakeoverWorld, word: string, ...more: readonly string[]): Promise<Ran> {
  return podid.run(['takeover', word, ...cluster, ...image, ...quick, ...more]);
}

/** The same, which has to succeed. */
export async function done(
  world: TakeoverWorld,
  word: string,
  ...more: readonly string[]
): Promise<ShownTakeover & { readonly stderr: string }> {
  const ran = await run(world, word, ...more);
  expect(ran.exitCode, ran.stderr).toBe(0);
  return { ...(JSON.parse(ran.stdout) as ShownTakeover), stderr: ran.stderr };
}

/** Planned, and applied as far as that step. */
export async function begun(world: TakeoverWorld, until: number, ...more: readonly string[]) {
  return await done(world, 'apply', '-f', await planFile(world), '--until', String(until), ...more);
}

/** How many requests of pods were in vain. */
export function failedOf({ asked }: TakeoverWorld, isCounted = (_: string) => true): number {
  return Object.entries(asked).reduce((sum, [name, { failed }]) => sum + (isCounted(name) ? failed : 0), 0);
}

/** Of the ConfigMap of the takeover; empty where there is none. */
export function dataOf({ podid }: TakeoverWorld): Readonly<Record<string, string>> {
  const stored = podid.emulator.kube.get('ConfigMap', home, 'podid-takeover');
  return (stored?.['data'] ?? {}) as Readonly<Record<string, string>>;
}

export interface RecordedProbe {
  readonly node: string;
  readonly name: string;
  readonly uid: string;
}

/** How far it is, by its ConfigMap. */
export function recordOf(world: TakeoverWorld): {
  readonly step: number;
  readonly state: string;
  readonly probes?: readonly RecordedProbe[];
} {
  return JSON.parse(dataOf(world)['record'] ?? '{"step":0,"state":"not-begun"}');
}

const reads = new Set(['get', 'list', 'watch']);
const isRehearsed = (query: string) => new URLSearchParams(query).get('dryRun') === 'All';

/** Of both APIs: all that changes anything. */
export function writesOf({ emulator }: Pick<EmulatedPodid, 'emulator'>): number {
  const inAzure = emulator.requests.filter(
    ({ method, rawQuery }) => ['PUT', 'PATCH', 'DELETE'].includes(method) && !isRehearsed(rawQuery),
  );
  const inCluster = emulator.kube.requests.filter(
    ({ verb, query }) => !reads.has(verb) && !isRehearsed(query),
  );
  return inAzure.length + inCluster.length;
}

const home = 'kube-system';
const nmiLabels = { component: 'nmi', tier: 'node', 'kubernetes.azure.com/managedby': 'aks' };

interface WorldOptions {
  /** Of the commands. */
  readonly clock?: Clock;
  /** Each with its agent and its probe pod, which costs a test time. */
  readonly nodes?: 1 | 2;
}

export async function takeoverWorld(
  removal: AddonRemoval,
  { clock = patientClock(), nodes = 1 }: WorldOptions = {},
): Promise<TakeoverWorld> {
  const podid = await emulatedPodid({ scenario: 'oidc-issuer' }, {}, { clock });
  for (const { metadata } of podid.emulator.kube.list('Node').slice(nodes)) {
    podid.emulator.kube.remove('Node', '', metadata.name);
  }
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
    askAs(selector, { resources = ['https://management.azure.com/'], node } = {}) {
      const nodeName = node ?? emulator.kube.list('Node')[0]?.metadata.name;
      emulator.kube.seed({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          name: node === undefined ? `asks-${selector}` : `asks-${selector}-${node.slice(-6)}`,
          namespace: 'demo',
          labels: { app: 'asks', aadpodidbinding: selector },
          annotations: { 'asks-for': resources.join(' ') },
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
  return { ...fast, sleep: (ms, signal) => fast.sleep(Math.max(ms, 10_000), signal) };
}

/** The same, whose time of day goes so fast that a probe pod counts as silent after five seconds. */
export function impatientClock(): Clock {
  const beganMs = Date.now();
  return { ...patientClock(), now: () => beganMs + (Date.now() - beganMs) * 6 };
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
