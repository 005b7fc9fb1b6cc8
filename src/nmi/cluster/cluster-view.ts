import type {
  AzureAssignedIdentity,
  AzureIdentity,
  AzureIdentityBinding,
  AzurePodIdentityException,
  ObjectMeta,
} from '../../domain/kubernetes/identity-resources.ts';
import type { Clock } from '../../domain/time/clock.ts';
import type { ApiConnection } from '../../k8s/client/api-connection.ts';
import type { WatchList } from '../../k8s/client/watch-list.ts';
import type { Logger } from '../../runtime/logger.ts';
import { type ChangeNotice, createChangeNotice } from './change-notice.ts';
import {
  watchAssignedIdentities,
  watchAzureIdentities,
  watchBindings,
  watchExceptions,
  watchNodePods,
} from './node-watches.ts';
import { createPodIndex, type PodIndex } from './pod-index.ts';

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
  /** Every list is in. */
  readonly synced: boolean;
  /** The watches by what they watch: `pods`, `azureidentities`, … */
  readonly watches: ReadonlyMap<string, WatchList>;
  relistPods(): Promise<void>;
  run(signal: AbortSignal): Promise<void>;
}

export interface ClusterViewOptions {
  readonly connection: ApiConnection;
  readonly node: string;
  readonly mode: 'standard' | 'managed';
  /** `--enableScaleFeatures`: only this node's assignments are watched, by MIC's label. */
  readonly assignmentsByLabel: boolean;
  readonly allowLoopbackPods: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  onPodGone(uid: string): void;
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
    allowLoopback: options.allowLoopbackPods,
  });
  const indexes = {
    bindings: createNamespacedIndex<AzureIdentityBinding>(changed),
    identities: createNamespacedIndex<AzureIdentity>(changed),
    exceptions: createNamespacedIndex<AzurePodIdentityException>(changed),
    assigned: createNamespacedIndex<AzureAssignedIdentity>(changed, podOf),
  };
  const watches = startedWatches(options, pods, indexes);
  const podWatch = watches.get('pods');
  return {
    pods,
    ...indexes,
    changed,
    watches,
    get synced() {
      return [...watches.values()].every((watch) => watch.synced);
    },
    relistPods: () => podWatch?.relist() ?? Promise.resolve(),
    async run(signal) {
      options.logger.info({ node: options.node, mode, watches: [...watches.keys()] }, 'watching the cluster');
      await Promise.all([...watches.values()].map((watch) => watch.run(signal)));
    },
  };
}

type Indexes = Pick<ClusterView, 'bindings' | 'identities' | 'exceptions' | 'assigned'>;

function startedWatches(options: ClusterViewOptions, pods: PodIndex, into: Indexes): Map<string, WatchList> {
  const { connection, clock, node, mode, assignmentsByLabel } = options;
  const basics = (resource: string) => ({
    connection,
    clock,
    onTrouble: (error: unknown) => {
      options.onTrouble(resource);
      options.logger.warn({ resource, error: String(error).slice(0, 500) }, 'the cluster cannot be watched');
    },
  });
  const watches = new Map<string, WatchList>([
    ['pods', watchNodePods(node, pods, basics('pods'))],
    ['azurepodidentityexceptions', watchExceptions(into.exceptions, basics('azurepodidentityexceptions'))],
  ]);
  if (mode === 'managed') {
    watches.set('azureidentitybindings', watchBindings(into.bindings, basics('azureidentitybindings')));
    watches.set('azureidentities', watchAzureIdentities(into.identities, basics('azureidentities')));
  } else {
    const onlyNode = assignmentsByLabel ? node : undefined;
    watches.set(
      'azureassignedidentities',
      watchAssignedIdentities(onlyNode, into.assigned, basics('azureassignedidentities')),
    );
  }
  return watches;
}

function podOf({ spec }: AzureAssignedIdentity): string {
  return `${spec.podNamespace}/${spec.pod}`;
}

interface Named {
  readonly metadata: ObjectMeta;
}

/** Objects by namespace and name; a place for a watch to write to. */
export interface NamespacedIndex<Item extends Named> {
  /** All of one namespace, by name. */
  in(namespace: string): ReadonlyMap<string, Item>;
  replace(items: readonly Item[]): void;
  upsert(item: Item): void;
  remove(item: Item): void;
}

/** @param groupOf the namespace to file an object under; its own unless said otherwise */
export function createNamespacedIndex<Item extends Named>(
  changed: ChangeNotice,
  groupOf: (item: Item) => string = (item) => item.metadata.namespace,
): NamespacedIndex<Item> {
  const groups = new Map<string, Map<string, Item>>();
  /** Under which group each object was filed: an update may move it. */
  const groupByKey = new Map<string, string>();

  const drop = (item: Item) => {
    const key = keyOf(item);
    const group = groupByKey.get(key);
    if (group === undefined) {
      return;
    }
    groupByKey.delete(key);
    const members = groups.get(group);
    members?.delete(key);
    if (members?.size === 0) {
      groups.delete(group);
    }
  };
  const put = (item: Item) => {
    drop(item);
    const group = groupOf(item);
    const members = groups.get(group) ?? new Map<string, Item>();
    members.set(keyOf(item), item);
    groups.set(group, members);
    groupByKey.set(keyOf(item), group);
  };
  return {
    in: (namespace) => groups.get(namespace) ?? new Map(),
    replace(items) {
      groups.clear();
      groupByKey.clear();
      for (const item of items) {
        put(item);
      }
      changed.announce();
    },
    upsert(item) {
      put(item);
      changed.announce();
    },
    remove(item) {
      drop(item);
      changed.announce();
    },
  };
}

function keyOf({ metadata }: Named): string {
  return `${metadata.namespace}/${metadata.name}`;
}
