import type { AzureIdentity, AzureIdentityBinding } from '../../src/domain/kubernetes/identity-resources.ts';
import type { LiveAssignment } from '../../src/domain/kubernetes/live-assignment.ts';
import type { MicPod } from '../../src/domain/standard-mode/desired-assignments.ts';
import { ApiFailure } from '../../src/k8s/client/api-connection.ts';
import type { AssignmentApi, StepResult } from '../../src/mic/cluster/assignment-api.ts';
import type { Told } from '../../src/mic/cluster/event-writer.ts';
import { LiveIndex } from '../../src/mic/cluster/live-index.ts';
import type { MicView } from '../../src/mic/cluster/mic-view.ts';
import { BindingIndex, IdentityIndex } from '../../src/mic/cluster/object-index.ts';
import { PodIndex } from '../../src/mic/cluster/pod-index.ts';
import { ViewRelay } from '../../src/mic/control.ts';
import { type AssignmentStep, nameKey } from '../../src/mic/decide/diff-assignments.ts';
import type { AssignmentName } from '../../src/mic/decide/name-assignment.ts';
import type { LedgerStore, StoredLedger } from '../../src/mic/machines/ledger.ts';
import { parseLiveAssignment } from '../../src/validate/kubernetes/live-assignment.ts';

export interface FakeCluster {
  readonly pods: Map<string, MicPod>;
  readonly bindings: Map<string, AzureIdentityBinding>;
  readonly identities: Map<string, AzureIdentity>;
  /** `providerID` by node. */
  readonly nodes: Map<string, string>;
  readonly assignments: Map<string, LiveAssignment>;
  readonly events: Told[];
  writes: number;
  ledger: StoredLedger | undefined;
  isAway: boolean;
  /** Puts an object there, and tells whoever watches. */
  putPod(pod: MicPod): void;
  removePod(key: string): void;
  putBinding(binding: AzureIdentityBinding): void;
  removeBinding(key: string): void;
  putIdentity(identity: AzureIdentity): void;
  putNode(name: string, providerId: string): void;
  removeNode(name: string): void;
  putAssignment(json: object): void;
  /** What a controller that starts now sees, and hears of from now on. */
  watch(): { readonly view: MicView; readonly relay: ViewRelay };
  readonly api: AssignmentApi;
  readonly store: LedgerStore;
}

/** A cluster as plain objects. One controller watches at a time: the one that came last. */
export function fakeCluster(): FakeCluster {
  let version = 100;
  let watching: Watching | undefined;
  const cluster: FakeCluster = {
    pods: new Map(),
    bindings: new Map(),
    identities: new Map(),
    nodes: new Map(),
    assignments: new Map(),
    events: [],
    writes: 0,
    ledger: undefined,
    isAway: false,
    putPod(pod) {
      cluster.pods.set(`${pod.namespace}/${pod.name}`, pod);
      watching?.pods.upsert(pod);
    },
    removePod(key) {
      const pod = cluster.pods.get(key);
      cluster.pods.delete(key);
      pod && watching?.pods.remove(pod);
    },
    putBinding(binding) {
      cluster.bindings.set(keyOf(binding), binding);
      watching?.bindings.upsert(binding);
    },
    removeBinding(key) {
      const binding = cluster.bindings.get(key);
      cluster.bindings.delete(key);
      binding && watching?.bindings.remove(binding);
    },
    putIdentity(identity) {
      cluster.identities.set(keyOf(identity), identity);
      watching?.identities.upsert(identity);
    },
    putNode(name, providerId) {
      cluster.nodes.set(name, providerId);
      watching?.nodes.set(name, { name, providerId });
      watching?.relay.nodeChanged(name);
    },
    removeNode(name) {
      cluster.nodes.delete(name);
      watching?.nodes.delete(name);
      watching?.relay.nodeChanged(name);
    },
    putAssignment(json) {
      version += 1;
      const object = stored(json, version, `uid-${version}`);
      cluster.assignments.set(nameKey(object.metadata), object);
      watching?.live.upsert(object);
    },
    watch() {
      watching = watchingOf(cluster);
      return { view: watching.view, relay: watching.relay };
    },
    api: {
      async take(step) {
        cluster.writes += 1;
        refuseWhileAway(cluster);
        version += 1;
        return take(cluster, step, version, (change) => watching && change(watching.live));
      },
      async read(at) {
        refuseWhileAway(cluster);
        return cluster.assignments.get(nameKey(at));
      },
    },
    store: {
      async read() {
        refuseWhileAway(cluster);
        return cluster.ledger;
      },
      async write(state, before) {
        refuseWhileAway(cluster);
        if (before !== cluster.ledger?.version) {
          return cluster.ledger === undefined ? 'missing' : 'conflict';
        }
        version += 1;
        cluster.ledger = { state, version: String(version) };
        return { version: String(version) };
      },
    },
  };
  return cluster;
}

interface Watching {
  readonly pods: PodIndex;
  readonly bindings: BindingIndex;
  readonly identities: IdentityIndex;
  readonly nodes: Map<string, { readonly name: string; readonly providerId: string }>;
  readonly live: LiveIndex;
  readonly relay: ViewRelay;
  readonly view: MicView;
}

function watchingOf(cluster: FakeCluster): Watching {
  const relay = new ViewRelay();
  const pods = new PodIndex((key) => relay.podChanged(key));
  const bindings = new BindingIndex((selector) => relay.selectorChanged(selector));
  const identities = new IdentityIndex((identity) => relay.identityChanged(identity));
  const nodes = new Map([...cluster.nodes].map(([name, providerId]) => [name, { name, providerId }]));
  const live = new LiveIndex((key) => relay.podChanged(key));
  const watches = new Map();
  const run = () => Promise.resolve();
  const view: MicView = {
    pods,
    bindings,
    identities,
    nodes,
    live,
    watches,
    synced: true,
    leftOut: () => [],
    run,
  };
  relay.view = view;
  pods.replace([...cluster.pods.values()]);
  bindings.replace([...cluster.bindings.values()]);
  identities.replace([...cluster.identities.values()]);
  live.replace([...cluster.assignments.values()]);
  return { pods, bindings, identities, nodes, live, relay, view };
}

type Tell = (change: (live: LiveIndex) => void) => void;

function take(cluster: FakeCluster, step: AssignmentStep, version: number, tell: Tell): StepResult {
  const key = nameKey(step.at);
  const before = cluster.assignments.get(key);
  if (step.kind === 'create') {
    return before === undefined
      ? put(cluster, stored(step.object, version, `uid-${version}`), tell)
      : { kind: 'changed' };
  }
  if (step.kind === 'delete') {
    if (before?.metadata.uid !== step.uid) {
      return before === undefined ? { kind: 'deleted' } : { kind: 'changed' };
    }
    cluster.assignments.delete(key);
    tell((live) => live.remove(before));
    return { kind: 'deleted' };
  }
  if (before === undefined || before.metadata.resourceVersion !== step.version) {
    return { kind: 'changed' };
  }
  const uid = before.metadata.uid ?? '';
  if (step.kind === 'replace') {
    return put(cluster, stored(step.object, version, uid), tell);
  }
  const status = { status: step.shown.state };
  return put(
    cluster,
    { ...before, metadata: { ...before.metadata, resourceVersion: String(version) }, status },
    tell,
  );
}

function put(cluster: FakeCluster, object: LiveAssignment, tell: Tell): StepResult {
  cluster.assignments.set(nameKey(object.metadata), object);
  tell((live) => live.upsert(object));
  return { kind: 'written', object };
}

function stored(json: object, version: number, uid: string): LiveAssignment {
  const { metadata, ...rest } = structuredClone(json) as { metadata: AssignmentName };
  const parsed = parseLiveAssignment({
    ...rest,
    metadata: { ...metadata, uid, resourceVersion: String(version) },
  });
  if (parsed === undefined) {
    throw new Error('This is not an AzureAssignedIdentity.');
  }
  return parsed;
}

function refuseWhileAway({ isAway }: FakeCluster): void {
  if (isAway) {
    throw new ApiFailure(503, 'The API server is away.');
  }
}

function keyOf({ metadata }: AzureIdentity | AzureIdentityBinding): string {
  return `${metadata.namespace}/${metadata.name}`;
}
