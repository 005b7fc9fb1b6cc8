import { expect } from 'vitest';
import type { Clock } from '../../src/domain/time/clock.ts';
import type { KubeObject } from '../../src/emulator/kube/objects/kube-object.ts';
import { type EmulatedPodid, emulatedPodid } from './emulated-podid.ts';
import { fastClock } from './exchange-emulator.ts';

export interface Moved {
  readonly kind: string;
  readonly name: string;
  readonly from: string;
  readonly state: string;
  readonly wrote: readonly string[];
  readonly waits?: string;
  readonly failure?: { readonly code: string; readonly message: string; readonly hint: string | null };
}

/** A cluster that makes pods, with Deployment demo/web of two. */
export async function movingWorld(clock = fastClock(), azureClock?: Clock): Promise<EmulatedPodid> {
  const clocks = { clock, ...(azureClock === undefined ? {} : { azureClock }) };
  return await emulatedPodid({ scenario: 'way-out' }, {}, clocks);
}

/** The same, whose agents were there before its pods, and a switch to a day later, in which no pod has asked them. */
export async function laterWorld(): Promise<{ readonly podid: EmulatedPodid; readonly toLater: () => void }> {
  let aheadMs = 0;
  const podid = await movingWorld({ ...fastClock(), now: () => Date.now() + aheadMs });
  podid.emulator.world.tokenAsks = { asks: [] };
  podid.emulator.seed({ record: { sinceAgoSec: 60 * 60 } });
  return {
    podid,
    toLater: () => {
      aheadMs += 25 * 60 * 60 * 1000;
    },
  };
}

const makers = {
  Deployment: { kind: 'ReplicaSet', name: 'web-5c9d' },
  StatefulSet: { kind: 'StatefulSet', name: 'main' },
  DaemonSet: { kind: 'DaemonSet', name: 'main' },
  CronJob: { kind: 'Job', name: 'main-0' },
};

/** A pod of before, which is gone, has asked: of Deployment demo/web, or of the workload `main` of another kind. */
export function askBefore({ emulator }: EmulatedPodid, kind: keyof typeof makers = 'Deployment'): void {
  const library = { sdk: 'azsdk-python-identity', version: '1.15.0', agoSec: 60 };
  const ask = {
    namespace: 'demo',
    name: `before-${kind.toLowerCase()}`,
    node: nodeOfAgent(emulator),
    controller: makers[kind],
    ...library,
  };
  emulator.seed({ record: { asks: [ask] } });
}

/** The node of one of podid's agents. */
export function nodeOfAgent({ kube }: EmulatedPodid['emulator']): string {
  const agent = kube.list('Pod', 'kube-system').find(({ metadata }) => /^podid-nmi/.test(metadata.name));
  const { nodeName = '' } = (agent?.spec ?? {}) as { readonly nodeName?: string };
  return nodeName;
}

/** @returns exit code, rows, and stderr */
export async function migrate(podid: EmulatedPodid, line: string) {
  const { exitCode, stdout, stderr } = await podid.run(`migrate ${line} -o json --yes`);
  return { exitCode, rows: stdout === '' ? [] : (JSON.parse(stdout) as readonly Moved[]), stderr };
}

/** Deployment demo/web with the label, and a day later. */
export async function movedWorld(): Promise<EmulatedPodid> {
  const { podid, toLater } = await laterWorld();
  askBefore(podid);
  await until('two pods', () => podsOf(podid, 'web-').length === 2);
  expect((await apply(podid, '--until dual')).exitCode).toBe(0);
  toLater();
  return podid;
}

export function apply(podid: EmulatedPodid, more: string) {
  return migrate(podid, `apply --rounds 3 --over 2s ${more}`);
}

/** What Azure and the cluster were asked to change, but tokens and sign-ins. */
export function writes({ emulator }: EmulatedPodid): readonly string[] {
  const azure = emulator.requests
    .filter(
      ({ method, path }) => method !== 'GET' && /^\/subscriptions/.test(path) && !/\/listCluster/.test(path),
    )
    .map(({ method, path }) => `${method} ${path.replace(/\?.*/, '').split('/').slice(-3).join('/')}`);
  const kube = emulator.kube.requests
    .filter(
      ({ verb, resource }) => !/^(?:list|get|watch)$/.test(verb) && resource !== 'serviceaccounts/token',
    )
    .map(({ verb, resource, name }) => `${verb} ${resource} ${name}`);
  return [...azure, ...kube];
}

/** Entries of pod identity, `NAMESPACE/NAME`. */
export async function entriesOf(podid: EmulatedPodid): Promise<readonly string[]> {
  const list = (await podid.json('list -o json')) as readonly { namespace: string; name: string }[];
  return list.map(({ namespace, name }) => `${namespace}/${name}`);
}

export function credentialsOf({ emulator }: EmulatedPodid): readonly string[] {
  return [...emulator.world.federatedCredentials.values()].map((each) =>
    String((each['properties'] as { subject: string }).subject),
  );
}

/** Waits until a condition holds. @throws after 45 s */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const endsAt = performance.now() + 45_000;
  while (!holds()) {
    if (performance.now() > endsAt) {
      throw new Error(`${what}: not within 45 s`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

interface PodSpec {
  readonly containers: readonly {
    readonly env?: readonly { readonly name: string; readonly value?: string }[];
  }[];
  readonly volumes?: readonly object[];
}

export function podsOf({ emulator: { kube } }: EmulatedPodid, start: string): readonly KubeObject[] {
  return kube.list('Pod', 'demo').filter(({ metadata }) => metadata.name.startsWith(start));
}

/** Whether the webhook gave the pod a token. */
export function hasToken({ spec }: KubeObject): boolean {
  const { containers } = spec as PodSpec;
  return containers.every(({ env = [] }) => env.some(({ name }) => name === 'AZURE_FEDERATED_TOKEN_FILE'));
}

export function templateLabels(
  { emulator: { kube } }: EmulatedPodid,
  kind = 'deployments',
  name = 'web',
): Readonly<Record<string, string>> {
  const spec = kube.get(kind, 'demo', name)?.spec as {
    template?: { metadata: { labels: Record<string, string> } };
    jobTemplate?: { spec: { template: { metadata: { labels: Record<string, string> } } } };
  };
  return (spec.template ?? spec.jobTemplate?.spec.template)?.metadata.labels ?? {};
}

export function accountAnnotations({ emulator: { kube } }: EmulatedPodid, name = 'web') {
  return kube.get('serviceaccounts', 'demo', name)?.metadata.annotations ?? {};
}

/** A workload of another kind with the label of the same binding and the same service account. */
export function addWorkload(
  { emulator: { kube } }: EmulatedPodid,
  kind: 'StatefulSet' | 'DaemonSet' | 'CronJob',
  name: string,
): void {
  const labels = { app: name, aadpodidbinding: 'web' };
  const template = {
    metadata: { labels },
    spec: { serviceAccountName: 'web', containers: [{ name: 'main', image: 'main:1' }] },
  };
  const selector = { matchLabels: { app: name } };
  const group = kind === 'CronJob' ? 'batch/v1' : 'apps/v1';
  kube.seed({
    apiVersion: group,
    kind,
    metadata: { namespace: 'demo', name },
    spec:
      kind === 'CronJob'
        ? { schedule: '0 3 * * *', jobTemplate: { spec: { template } } }
        : { ...(kind === 'StatefulSet' ? { replicas: 3 } : {}), selector, template },
  });
}
