import { setMaxListeners } from 'node:events';
import {
  type AzureIdentity,
  type AzureIdentityBinding,
  bindingLabel,
  identityApi,
} from '../../domain/kubernetes/identity-resources.ts';
import type { LiveAssignment } from '../../domain/kubernetes/live-assignment.ts';
import {
  controllerLimits,
  type LeftOutReason,
  type ObjectName,
  sizeOfObject,
  type WatchedKind,
} from '../../domain/kubernetes/object-limits.ts';
import type { MicPod } from '../../domain/standard-mode/desired-assignments.ts';
import type { Clock } from '../../domain/time/clock.ts';
import type { ApiConnection } from '../../k8s/client/api-connection.ts';
import { type CappedTarget, createCappedTarget, type Received } from '../../k8s/client/capped-target.ts';
import { createWatchList } from '../../k8s/client/watch-list.ts';
import type { WatchList, WatchListOptions, WatchListTarget } from '../../k8s/client/watch-list-options.ts';
import type { Logger } from '../../runtime/logger.ts';
import { isRecord } from '../../validate/json-record.ts';
import { parseAzureIdentity, parseAzureIdentityBinding } from '../../validate/kubernetes/crd-objects.ts';
import {
  keptOfBindings,
  keptOfIdentities,
  keptOfLabelledPods,
  keptOfNodes,
  keptOfOwnAssignments,
} from '../../validate/kubernetes/kept-members.ts';
import { parseLiveAssignment } from '../../validate/kubernetes/live-assignment.ts';
import { type NodeFacts, parseNode } from '../../validate/kubernetes/node.ts';
import { parsePod } from '../../validate/kubernetes/pod.ts';
import { LiveIndex } from './live-index.ts';
import { NodeIndex } from './node-index.ts';
import { BindingIndex, IdentityIndex } from './object-index.ts';
import { PodIndex } from './pod-index.ts';

/** What MIC knows of the cluster. What was last known stays while the API server is away. */
export interface MicView {
  readonly pods: PodIndex;
  readonly bindings: BindingIndex;
  readonly identities: IdentityIndex;
  readonly nodes: ReadonlyMap<string, NodeFacts>;
  readonly live: LiveIndex;
  readonly watches: ReadonlyMap<string, WatchList>;
  /** Every list is in. */
  readonly synced: boolean;
  /** How many objects of each kind that tenants write are beyond the limits, and so unknown. */
  leftOut(): readonly (readonly [WatchedKind, Readonly<Record<LeftOutReason, number>>])[];
  run(signal: AbortSignal): Promise<void>;
}

/** What to decide again. */
export interface ViewListener {
  /** @param podKey `namespace/name` */
  podChanged(podKey: string): void;
  /** Pods with this label are to be decided again. */
  selectorChanged(selector: string): void;
  identityChanged(identity: AzureIdentity): void;
  nodeChanged(node: string): void;
}

export interface MicViewOptions {
  readonly connection: ApiConnection;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly listener: ViewListener;
  onTrouble(resource: string): void;
}

/** Upstream's own assignments hold two whole copies, of which 16 kB are more than anybody needs. */
const mostBytes = 6 * 16 * 1024;
const identityPath = `/apis/${identityApi.group}/${identityApi.version}`;

export function createMicView(options: MicViewOptions): MicView {
  const { listener } = options;
  const pods = new PodIndex((key) => listener.podChanged(key));
  const bindings = new BindingIndex((selector) => listener.selectorChanged(selector));
  const identities = new IdentityIndex((identity) => listener.identityChanged(identity));
  const nodes = new NodeIndex((node) => listener.nodeChanged(node));
  const live = new LiveIndex((key) => listener.podChanged(key));
  const watch = watchMaker(options);
  const capped = {
    pods: cappedTarget<MicPod>(options, 'pods', { into: pods, nameOf: (pod) => pod, sizeOf: sizeOfMicPod }),
    azureidentitybindings: cappedTarget<AzureIdentityBinding>(options, 'azureidentitybindings', {
      into: bindings,
      nameOf: ({ metadata }) => metadata,
      sizeOf: sizeOfObject,
    }),
    azureidentities: cappedTarget<AzureIdentity>(options, 'azureidentities', {
      into: identities,
      nameOf: ({ metadata }) => metadata,
      sizeOf: sizeOfObject,
    }),
  };
  const watchCapped = <Item>(
    kind: ControlledKind,
    parts: Pick<WatchParts<Item>, 'path' | 'query' | 'shape' | 'parse'>,
    target: CappedTarget<Item>,
  ): WatchList =>
    watch<Received<Item>>(kind, {
      ...parts,
      parse(json, isCut) {
        const item = parts.parse(json, isCut);
        return item === undefined ? undefined : { item, isCut };
      },
      sieve: () => target.sieve(),
      into: target,
    });
  const watches = new Map<string, WatchList>([
    [
      'pods',
      watchCapped(
        'pods',
        { path: '/api/v1/pods', shape: keptOfLabelledPods, query: podQuery, parse: parseMicPod },
        capped.pods,
      ),
    ],
    ['nodes', watch('nodes', { path: '/api/v1/nodes', shape: keptOfNodes, parse: parseNode, into: nodes })],
    [
      'azureidentitybindings',
      watchCapped(
        'azureidentitybindings',
        {
          path: `${identityPath}/azureidentitybindings`,
          shape: keptOfBindings,
          parse: parseAzureIdentityBinding,
        },
        capped.azureidentitybindings,
      ),
    ],
    [
      'azureidentities',
      watchCapped(
        'azureidentities',
        { path: `${identityPath}/azureidentities`, shape: keptOfIdentities, parse: parseAzureIdentity },
        capped.azureidentities,
      ),
    ],
    [
      'azureassignedidentities',
      watch<LiveAssignment>('azureassignedidentities', {
        path: `${identityPath}/azureassignedidentities`,
        shape: keptOfOwnAssignments,
        parse: (json, isCut) => parseLiveAssignment(isCut ? withoutSpec(json) : json),
        into: live,
      }),
    ],
  ]);
  return {
    pods,
    bindings,
    identities,
    nodes: nodes.byName,
    live,
    watches,
    get synced() {
      return [...watches.values()].every(({ synced }) => synced);
    },
    leftOut: () => cappedKinds.map((kind) => [kind, capped[kind].countLeftOut()] as const),
    async run(signal) {
      const ended = new AbortController();
      setMaxListeners(0, ended.signal);
      signal.addEventListener('abort', () => ended.abort(signal.reason), { once: true });
      const rooms = cappedKinds.flatMap((kind) => {
        const own = watches.get(kind);
        return own === undefined ? [] : [capped[kind].listForRoom(own, ended.signal)];
      });
      await Promise.all([...[...watches.values()].map((each) => each.run(signal)), ...rooms]);
    },
  };
}

/** Pods that opt in and may still ask: the server leaves out all others. */
const podQuery = {
  labelSelector: bindingLabel,
  fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed',
};

type ControlledKind = keyof typeof controllerLimits;

const cappedKinds = ['pods', 'azureidentitybindings', 'azureidentities'] as const;

function cappedTarget<Item>(
  { clock, logger }: Pick<MicViewOptions, 'clock' | 'logger'>,
  kind: ControlledKind,
  parts: {
    readonly into: WatchListTarget<Item>;
    nameOf(item: Item): ObjectName;
    sizeOf(item: Item): number;
  },
): CappedTarget<Item> {
  return createCappedTarget<Item>({ ...parts, kind, limits: controllerLimits[kind], clock, logger });
}

type WatchParts<Item> = Pick<WatchListOptions<Item>, 'path' | 'query' | 'shape' | 'into' | 'sieve' | 'parse'>;

function watchMaker({ connection, clock, logger, onTrouble }: MicViewOptions) {
  return <Item>(resource: string, parts: WatchParts<Item>): WatchList =>
    createWatchList<Item>({
      ...parts,
      mostBytes,
      connection,
      clock,
      onTrouble: (error) => {
        onTrouble(resource);
        logger.warn({ resource, error: String(error).slice(0, 500) }, 'the cluster cannot be watched');
      },
    });
}

/** What is too large to be read whole is nothing that anybody could use, and must not stay what it was. */
function withoutSpec(json: unknown): unknown {
  return isRecord(json) ? { ...json, spec: {} } : json;
}

function sizeOfMicPod({ namespace, name, labels, nodeName }: MicPod): number {
  return JSON.stringify({ namespace, name, labels, nodeName }).length;
}

/** Whole pods of a large cluster would be hundreds of MB. */
function parseMicPod(json: unknown): MicPod | undefined {
  const pod = parsePod(json);
  if (pod === undefined) {
    return undefined;
  }
  const { uid, namespace, name, labels, nodeName, phase } = pod;
  const label = labels[bindingLabel];
  return {
    uid,
    namespace,
    name,
    labels: label === undefined ? {} : { [bindingLabel]: label },
    nodeName,
    phase,
  };
}
