import type { EntryKey } from '../entries/pod-identity.ts';
import type { ControllerRef } from '../kubernetes/pod.ts';
import type { ReadPod } from './read-workload.ts';

/** How a pod named the identity whose token it asked for; `pod-name`: the Key Vault driver named the pod. */
export type ChosenBy = 'client-id' | 'resource-id' | 'object-id' | 'nothing' | 'pod-name';

/** The last that an agent saw of a pod's token requests. */
export interface SeenUse {
  /** Product of the User-Agent, from a list of known ones: `azsdk-python-identity`. Empty: none of them. */
  readonly sdk: string;
  /** Empty where the User-Agent named none. */
  readonly version: string;
  /** RFC 3339. */
  readonly lastAsked: string;
  readonly chosenBy: ChosenBy;
  /** For what it asked; absent where an agent does not name it. */
  readonly resource?: string;
  /** It got a token; absent: it did not. */
  readonly isAnswered?: true;
}

/** One way in which a pod asks, and whose pod it is or was. */
export interface SeenPod extends EntryKey, SeenUse {
  /** Of the pod; absent where the agent did not say. Another pod of the same name may run elsewhere now. */
  readonly uid?: string;
  /** Absent for a pod that nobody made. */
  readonly controller?: Pick<ControllerRef, 'kind' | 'name' | 'uid'>;
}

/** A node whose agent answered. */
export interface WatchedNode {
  readonly name: string;
  /** RFC 3339. An agent that is started anew begins anew. */
  readonly since: string;
  /** Namespaces of which it had to forget something that was asked until then, RFC 3339. */
  readonly forgotten?: ReadonlyMap<string, string>;
}

/** What the agents of all nodes saw. It holds no tokens and no ids but the objects' names. */
export interface SeenRecord {
  /** Since when all of them keep it, RFC 3339: what is not in it did not ask since then. */
  readonly since: string;
  /** Each by itself; absent: `since` is of them all. */
  readonly nodes?: readonly WatchedNode[];
  /** Nodes whose agents did not say. What their pods ask is unknown. */
  readonly unheard?: readonly { readonly node: string; readonly why: string }[];
  readonly pods: readonly SeenPod[];
}

/** Reads the agents' record. */
export interface SeenPods<Agent> {
  /** Undefined where none of them is podid's. One that does not answer is told in the record. */
  record(agents: readonly Agent[], signal: AbortSignal): Promise<SeenRecord | undefined>;
}

/** Whether any agent has answered: without, there is nothing that is known. */
export function isHeard(record: SeenRecord | undefined): record is SeenRecord {
  return record !== undefined && record.nodes?.length !== 0;
}

/**
 * Since when nothing is missing that pods of a namespace asked on a node, RFC 3339; undefined: its agent did not say.
 */
export function watchedSince(
  { nodes, since }: SeenRecord,
  { nodeName, namespace }: { readonly nodeName: string; readonly namespace: string },
): string | undefined {
  if (nodes === undefined) {
    return since;
  }
  const node = nodes.find(({ name }) => name === nodeName);
  const until = node?.forgotten?.get(namespace);
  return node !== undefined && until !== undefined && until > node.since ? until : node?.since;
}

/** What is known of a workload, to find what its pods asked, those too that are gone. */
export interface AskingWorkload extends EntryKey {
  readonly kind: string;
  /** Of its object, and of what it made that makes pods. */
  readonly uids: readonly string[];
  /** Those that have not ended. */
  readonly pods: readonly ReadPod[];
  /** Those that have, and are still there. */
  readonly ended: readonly ReadPod[];
}

/** All that a workload's pods asked, the latest first. */
export function usesOf({ pods }: SeenRecord, workload: AskingWorkload): readonly SeenPod[] {
  const names = new Set([...workload.pods, ...workload.ended].map(({ name }) => name));
  return pods
    .filter((pod) => pod.namespace === workload.namespace && (names.has(pod.name) || isMadeBy(pod, workload)))
    .toSorted((one, other) => Date.parse(other.lastAsked) - Date.parse(one.lastAsked));
}

/** Which kinds make pods through others, whose names begin with theirs. */
const makers: Readonly<Record<string, readonly string[]>> = {
  ReplicaSet: ['Deployment', 'Rollout'],
  Job: ['CronJob', 'ScaledJob'],
  ReplicationController: ['DeploymentConfig'],
};

/** By what made the pod; where that is gone as well, by its name: `web-6d5f7c9b8` was made by a Deployment `web`. */
function isMadeBy({ controller }: SeenPod, { kind, name, uids }: AskingWorkload): boolean {
  if (controller === undefined) {
    return false;
  }
  const isKind = Object.hasOwn(makers, controller.kind) && makers[controller.kind]?.includes(kind) === true;
  return (
    uids.includes(controller.uid) ||
    (controller.kind === kind && controller.name === name) ||
    (isKind && controller.name.replace(/-[a-z0-9]+$/, '') === name)
  );
}
