import type {
  AzureAssignedIdentity,
  AzureIdentity,
  AzureIdentityBinding,
  AzurePodIdentityException,
} from '../../domain/kubernetes/identity-resources.ts';
import {
  type LeftOutReason,
  type ObjectName,
  sizeOfObject,
  sizeOfPod,
  type WatchedKind,
} from '../../domain/kubernetes/object-limits.ts';
import type { Pod } from '../../domain/kubernetes/pod.ts';
import { type ChangeNotice, createChangeNotice } from '../../domain/time/change-notice.ts';
import type { Clock } from '../../domain/time/clock.ts';
import type { ApiConnection } from '../../k8s/client/api-connection.ts';
import { type CappedTarget, createCappedTarget } from '../../k8s/client/capped-target.ts';
import type { WatchList, WatchListTarget } from '../../k8s/client/watch-list-options.ts';
import type { Logger } from '../../runtime/logger.ts';
import { createNamespacedIndex, type NamespacedIndex } from './namespaced-index.ts';
import {
  watchAssignedIdentities,
  watchAzureIdentities,
  watchBindings,
  watchExceptions,
  watchNodePods,
} from './node-watches.ts';
import { createPodIndex, type PodIndex } from './pod-index.ts';
import { createTakeoverHolder, type TakeoverHolder } from './takeover/takeover-hold.ts';

/** What this agent knows of the cluster. It outlives the API server: what was last known stays. */
export interface ClusterView {
  readonly pods: PodIndex;
  /** Empty in standard mode, as are the identities. */
  readonly bindings: NamespacedIndex<AzureIdentityBinding>;
  readonly identities: NamespacedIndex<AzureIdentity>;
  readonly exceptions: NamespacedIndex<AzurePodIdentityException>;
  /** Filed under `podNamespace/pod`. Empty in managed mode. */
  readonly assigned: NamespacedIndex<AzureAssignedIdentity>;
  /** Announces every change of any of them. */
  readonly changed: ChangeNotice;
  /** What outlives the kinds of the objects, for as long as the AKS add-on is taken over. */
  readonly hold: Pick<TakeoverHolder, 'state' | 'standsIn'>;
  /** Every list is in, or a hold stands in for it. */
  readonly synced: boolean;
  /** The watches by what they watch: `pods`, `azureidentities`, … */
  readonly watches: ReadonlyMap<string, WatchList>;
  /** How many objects of each watched kind are beyond the limits, and so unknown. */
  leftOut(): readonly (readonly [WatchedKind, Readonly<Record<LeftOutReason, number>>])[];
  /** What of one namespace is left out, by kind and name. */
  leftOutIn(namespace: string): readonly LeftOut[];
  relistPods(): Promise<void>;
  run(signal: AbortSignal): Promise<void>;
}

export interface LeftOut {
  readonly kind: WatchedKind;
  readonly name: string;
  readonly reason: LeftOutReason;
}

export interface ClusterViewOptions {
  readonly connection: ApiConnection;
  /** Asked for pods; absent: the same. */
  readonly podsConnection?: ApiConnection;
  readonly node: string;
  readonly mode: 'standard' | 'managed';
  /** `--enableScaleFeatures`: only this node's assignments are watched, by MIC's label. */
  readonly assignmentsByLabel: boolean;
  readonly allowLoopbackPods: boolean;
  /** Where the hold of a takeover is looked for; absent or empty: nowhere. */
  readonly takeoverNamespace?: string;
  readonly clock: Clock;
  readonly logger: Logger;
  onPodGone(uid: string): void;
  /** A pod has an address no more. */
  onAddressLost(address: string, uid: string): void;
  /** Counts a failed list or watch by what it was of. */
  onTrouble(resource: string): void;
}

export function createClusterView(options: ClusterViewOptions): ClusterView {
  const { clock, mode } = options;
  const changed = createChangeNotice();
  const pods = createPodIndex({
    clock,
    changed,
    onGone: (uid) => options.onPodGone(uid),
    onAddressLost: (address, uid) => options.onAddressLost(address, uid),
    allowLoopback: options.allowLoopbackPods,
  });
  const indexes = {
    bindings: createNamespacedIndex<AzureIdentityBinding>(changed, indexedBy.bindings),
    identities: createNamespacedIndex<AzureIdentity>(changed),
    exceptions: createNamespacedIndex<AzurePodIdentityException>(changed, indexedBy.exceptions),
    assigned: createNamespacedIndex<AzureAssignedIdentity>(changed, indexedBy.assigned),
  };
  const hold = createTakeoverHolder({
    ...options,
    // In standard mode agents see no identities, and MIC writes what pods have.
    namespace: mode === 'managed' ? (options.takeoverNamespace ?? '') : '',
    indexes,
  });
  const watched = watchedKinds(options, pods, { ...indexes, hold });
  const watches = new Map<string, WatchList>([...watched].map(([kind, { watch }]) => [kind, watch]));
  const podWatch = watches.get('pods');
  return {
    pods,
    ...indexes,
    changed,
    hold,
    watches,
    get synced() {
      // Asked for each request.
      for (const [kind, { watch }] of watched) {
        if (!watch.synced && !hold.standsIn(kind)) {
          return false;
        }
      }
      return true;
    },
    leftOut: () => [...watched].map(([kind, { target }]) => [kind, target.countLeftOut()] as const),
    leftOutIn: (namespace) =>
      [...watched].flatMap(([kind, { target }]) =>
        [...target.leftOutIn(namespace)].map(([name, reason]) => ({ kind, name, reason })),
      ),
    relistPods: () => podWatch?.relist() ?? Promise.resolve(),
    async run(signal) {
      options.logger.info({ node: options.node, mode, watches: [...watches.keys()] }, 'watching the cluster');
      // Each kind waits on a signal of its own: Node warns of more than ten listeners on one.
      const room = new AbortController();
      signal.addEventListener('abort', () => room.abort(signal.reason), { once: true });
      const running = [...watched.values()].flatMap(({ watch, target }) => [
        watch.run(signal),
        target.listForRoom(watch, room.signal),
      ]);
      await Promise.all([...running, hold.run(signal)]);
    },
  };
}

interface Targets extends Pick<ClusterView, 'assigned'> {
  readonly hold: TakeoverHolder;
}

interface Watched {
  readonly watch: WatchList;
  readonly target: Pick<CappedTarget<unknown>, 'countLeftOut' | 'leftOutIn' | 'listForRoom'>;
}

/** What is watched, each behind the limits of its kind. */
function watchedKinds(options: ClusterViewOptions, pods: PodIndex, into: Targets): Map<WatchedKind, Watched> {
  const { connection, clock, logger, node, mode, assignmentsByLabel } = options;
  const { kinds } = into.hold;
  const basics = (resource: WatchedKind) => ({
    connection,
    clock,
    onTrouble: (error: unknown) => {
      options.onTrouble(resource);
      into.hold.onTrouble(resource, error);
      logger.warn({ resource, error: String(error).slice(0, 500) }, 'the cluster cannot be watched');
    },
  });
  const capped = <Item extends { readonly metadata: ObjectName; readonly spec: object }>(
    kind: WatchedKind,
    index: WatchListTarget<Item>,
  ) =>
    createCappedTarget({
      kind,
      into: index,
      nameOf: ({ metadata }) => metadata,
      sizeOf: sizeOfObject,
      clock,
      logger,
    });

  const podTarget = createCappedTarget<Pod>({
    kind: 'pods',
    into: pods,
    nameOf: (pod) => pod,
    sizeOf: sizeOfPod,
    remainder: withoutLabels,
    clock,
    logger,
  });
  const podBasics = { ...basics('pods'), connection: options.podsConnection ?? connection };
  const exceptions = capped('azurepodidentityexceptions', kinds.azurepodidentityexceptions);
  const watched = new Map<WatchedKind, Watched>([
    ['pods', { target: podTarget, watch: watchNodePods(node, podTarget, podBasics) }],
    [
      'azurepodidentityexceptions',
      { target: exceptions, watch: watchExceptions(exceptions, basics('azurepodidentityexceptions')) },
    ],
  ]);
  if (mode === 'managed') {
    const bindings = capped('azureidentitybindings', kinds.azureidentitybindings);
    const identities = capped('azureidentities', kinds.azureidentities);
    return watched
      .set('azureidentitybindings', {
        target: bindings,
        watch: watchBindings(bindings, basics('azureidentitybindings')),
      })
      .set('azureidentities', {
        target: identities,
        watch: watchAzureIdentities(identities, basics('azureidentities')),
      });
  }
  const assigned = capped('azureassignedidentities', into.assigned);
  const onlyNode = assignmentsByLabel ? node : undefined;
  const watch = watchAssignedIdentities(onlyNode, assigned, basics('azureassignedidentities'));
  return watched.set('azureassignedidentities', { target: assigned, watch });
}

/**
 * A pod whose labels are left out still claims its addresses: else the pod that had one of them before would go on
 * speaking for it.
 */
function withoutLabels(pod: Pod): Pod | undefined {
  return pod.ips.length === 0 ? undefined : { ...pod, labels: {} };
}

function podOf({ spec }: AzureAssignedIdentity): string {
  return `${spec.podNamespace}/${spec.pod}`;
}

/** As a pod's label is looked up among them: the value without case. */
export function labelKey(name: string, value: string): string {
  return `${name}=${value.toLowerCase()}`;
}

/** What an index of each kind is asked by. */
export const indexedBy = {
  bindings: { keysOf: ({ spec }: AzureIdentityBinding) => (spec.selector ? [spec.selector] : []) },
  exceptions: {
    keysOf: ({ spec }: AzurePodIdentityException) =>
      new Set(Object.entries(spec.podLabels ?? {}).map(([name, value]) => labelKey(name, value))),
  },
  assigned: { groupOf: podOf },
};
