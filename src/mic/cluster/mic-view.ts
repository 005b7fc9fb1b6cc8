import {
  type AzureIdentity,
  type AzureIdentityBinding,
  bindingLabel,
  identityApi,
} from '../../domain/kubernetes/identity-resources.ts';
import type { LiveAssignment } from '../../domain/kubernetes/live-assignment.ts';
import type { MicPod } from '../../domain/standard-mode/desired-assignments.ts';
import type { Clock } from '../../domain/time/clock.ts';
import type { ApiConnection } from '../../k8s/client/api-connection.ts';
import { createWatchList, type WatchList, type WatchListOptions } from '../../k8s/client/watch-list.ts';
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
  const watches = new Map<string, WatchList>([
    [
      'pods',
      watch<MicPod>('pods', {
        path: '/api/v1/pods',
        shape: keptOfLabelledPods,
        query: podQuery,
        parse: parseMicPod,
        into: pods,
      }),
    ],
    ['nodes', watch('nodes', { path: '/api/v1/nodes', shape: keptOfNodes, parse: parseNode, into: nodes })],
    [
      'azureidentitybindings',
      watch<AzureIdentityBinding>('azureidentitybindings', {
        path: `${identityPath}/azureidentitybindings`,
        shape: keptOfBindings,
        parse: parseAzureIdentityBinding,
        into: bindings,
      }),
    ],
    [
      'azureidentities',
      watch('azureidentities', {
        path: `${identityPath}/azureidentities`,
        shape: keptOfIdentities,
        parse: parseAzureIdentity,
        into: identities,
      }),
    ],
    [
      'azureassignedidentities',
      watch<LiveAssignment>('azureassignedidentities', {
        path: `${identityPath}/azureassignedidentities`,
        shape: keptOfOwnAssignments,
        parse: parseLiveAssignment,
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
    async run(signal) {
      await Promise.all([...watches.values()].map((each) => each.run(signal)));
    },
  };
}

/** Pods that opt in and may still ask: the server leaves out all others. */
const podQuery = {
  labelSelector: bindingLabel,
  fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed',
};

type WatchParts<Item> = Pick<WatchListOptions<Item>, 'path' | 'query' | 'shape' | 'into'> & {
  parse(json: unknown): Item | undefined;
};

function watchMaker({ connection, clock, logger, onTrouble }: MicViewOptions) {
  return <Item>(resource: string, parts: WatchParts<Item>): WatchList =>
    createWatchList<Item>({
      ...parts,
      mostBytes,
      parse: (json, isCut) => parts.parse(isCut ? withoutSpec(json) : json),
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

class NodeIndex {
  readonly byName = new Map<string, NodeFacts>();
  readonly #onChange: (node: string) => void;

  constructor(onChange: (node: string) => void) {
    this.#onChange = onChange;
  }

  replace(items: readonly NodeFacts[]): void {
    const gone = new Set(this.byName.keys());
    for (const item of items) {
      gone.delete(item.name);
      this.upsert(item);
    }
    for (const name of gone) {
      this.byName.delete(name);
      this.#onChange(name);
    }
  }

  /** Heartbeats of nodes change nothing here. */
  upsert(node: NodeFacts): void {
    const isNews = this.byName.get(node.name)?.providerId !== node.providerId;
    this.byName.set(node.name, node);
    if (isNews) {
      this.#onChange(node.name);
    }
  }

  remove({ name }: NodeFacts): void {
    this.byName.delete(name);
    this.#onChange(name);
  }
}
