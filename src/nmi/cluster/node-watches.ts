import {
  type AzureAssignedIdentity,
  type AzureIdentity,
  type AzureIdentityBinding,
  type AzurePodIdentityException,
  identityApi,
} from '../../domain/kubernetes/identity-resources.ts';
import { objectLimits, type WatchedKind } from '../../domain/kubernetes/object-limits.ts';
import type { Pod } from '../../domain/kubernetes/pod.ts';
import type { CappedTarget, Received } from '../../k8s/client/capped-target.ts';
import { createWatchList } from '../../k8s/client/watch-list.ts';
import type { WatchList, WatchListOptions } from '../../k8s/client/watch-list-options.ts';
import type { JsonShape } from '../../validate/json-shape.ts';
import {
  parseAzureAssignedIdentity,
  parseAzureIdentity,
  parseAzureIdentityBinding,
  parseAzurePodIdentityException,
} from '../../validate/kubernetes/crd-objects.ts';
import {
  keptOfAssignments,
  keptOfBindings,
  keptOfExceptions,
  keptOfIdentities,
  keptOfPods,
} from '../../validate/kubernetes/kept-members.ts';
import { parseOwnedPod } from '../../validate/kubernetes/pod.ts';

/** How to reach the server and what to do about trouble; what is watched each function adds. */
export type WatchBasics = Pick<WatchListOptions<unknown>, 'connection' | 'clock' | 'onTrouble' | 'limits'>;

const identityPath = `/apis/${identityApi.group}/${identityApi.version}`;

/**
 * Whose address it is decides who gets a token, and a watch that is open and says nothing would go on naming a pod that
 * is gone. Such a watch is asked for anew every 12 to 15 seconds, as often as a kubelet renews its lease: it costs the
 * server no list. One in which not even the server's bookmark came is followed by a list, 18 seconds after the last line
 * at the latest.
 */
const podWatchLimits = { watchSec: 12, silenceMs: 18_000, listAfterSilence: true } as const;

/**
 * A binding or an exception that was deleted gives access for as long as nobody says so. A new watch costs the API
 * server 0.3 ms of a core, so that those of a thousand nodes cost 3 % of one; a list of all would cost it more.
 */
const identityWatchLimits = { watchSec: 24, silenceMs: 36_000 } as const;

/**
 * The pods of one node, in all namespaces, without those that have ended: their addresses and identities are given
 * back, and a cluster keeps thousands of them.
 */
export function watchNodePods(node: string, into: CappedTarget<Pod>, basics: WatchBasics): WatchList {
  const fieldSelector = `spec.nodeName=${node},status.phase!=Succeeded,status.phase!=Failed`;
  const query = { fieldSelector };
  const kind = { kind: 'pods', shape: keptOfPods, parse: parseOwnedPod } as const;
  const limits = { ...podWatchLimits, ...basics.limits };
  return createWatchList({ ...basics, ...watchOf(kind, into), path: '/api/v1/pods', query, limits });
}

export function watchAzureIdentities(into: CappedTarget<AzureIdentity>, basics: WatchBasics): WatchList {
  const kind = { kind: 'azureidentities', shape: keptOfIdentities, parse: parseAzureIdentity } as const;
  return watchIdentityKind(kind, into, basics);
}

export function watchBindings(into: CappedTarget<AzureIdentityBinding>, basics: WatchBasics): WatchList {
  const parse = parseAzureIdentityBinding;
  const kind = { kind: 'azureidentitybindings', shape: keptOfBindings, parse } as const;
  return watchIdentityKind(kind, into, basics);
}

export function watchExceptions(
  into: CappedTarget<AzurePodIdentityException>,
  basics: WatchBasics,
): WatchList {
  const parse = parseAzurePodIdentityException;
  const kind = { kind: 'azurepodidentityexceptions', shape: keptOfExceptions, parse } as const;
  return watchIdentityKind(kind, into, basics);
}

/**
 * @param node only the assignments that MIC labelled with this node's name; all of the cluster's when
 * undefined
 */
export function watchAssignedIdentities(
  node: string | undefined,
  into: CappedTarget<AzureAssignedIdentity>,
  basics: WatchBasics,
): WatchList {
  const query = node === undefined ? {} : { labelSelector: `nodename=${node}` };
  const parse = parseAzureAssignedIdentity;
  const kind = { kind: 'azureassignedidentities', shape: keptOfAssignments, parse } as const;
  return watchIdentityKind(kind, into, basics, query);
}

function watchIdentityKind<Item>(
  kind: KindOfObject<Item>,
  into: CappedTarget<Item>,
  basics: WatchBasics,
  query: Readonly<Record<string, string>> = {},
): WatchList {
  const limits = { ...identityWatchLimits, ...basics.limits };
  return createWatchList({ ...basics, ...watchOf(kind, into), query, limits });
}

interface KindOfObject<Item> {
  readonly kind: WatchedKind;
  readonly shape: JsonShape;
  readonly parse: (json: unknown) => Item | undefined;
}

/**
 * The server may write one character as six (`\u003c`), so that so much of an object is read before it is known to be
 * larger than one may be.
 */
const mostEscape = 6;

function watchOf<Item>({ kind, shape, parse }: KindOfObject<Item>, into: CappedTarget<Item>) {
  return {
    path: `${identityPath}/${kind}`,
    shape,
    mostBytes: mostEscape * objectLimits[kind].mostOfObject,
    parse(json: unknown, isCut: boolean): Received<Item> | undefined {
      const item = parse(json);
      return item === undefined ? undefined : { item, isCut };
    },
    sieve: () => into.sieve(),
    into,
  };
}
