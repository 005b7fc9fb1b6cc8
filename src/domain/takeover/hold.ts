import { keptAnnotationsOf } from '../exchange/kept-annotations.ts';
import type { IdentityResources, ObjectMeta } from '../kubernetes/identity-resources.ts';

/** The ConfigMap of a takeover, in the namespace of the agent: how far it is, and what agents hold. */
export const takeoverName = 'podid-takeover';

/** A hold is for the minutes in which nobody defines the kinds; whatever goes wrong, it ends by itself. */
export const longestHoldMs = 2 * 60 * 60_000;

/** The only layout so far of what stands under `hold`. */
export const holdVersion = 1;

/** Under which keys of the ConfigMap what agents hold is. */
export const holdKeys = { head: 'hold', objects: 'objects' } as const;

/** What agents go on serving while the kinds of the objects themselves are gone. */
export interface TakeoverHold {
  readonly resources: IdentityResources;
  /** Of their text, in hex: by it agents and commands agree on what is held. */
  readonly sha256: string;
  /** Milliseconds since the epoch, by the clock of whoever wrote it. */
  readonly untilMs: number;
}

/** What stands under `hold`, as JSON. */
export interface HoldHead {
  readonly version: typeof holdVersion;
  /** Uid of the namespace kube-system, which stands for that of the cluster. */
  readonly cluster: string;
  /** Uid of the ConfigMap itself: a copy, in this cluster or another one, has another. */
  readonly object: string;
  /** RFC 3339. */
  readonly from: string;
  /** RFC 3339. */
  readonly until: string;
  readonly sha256: string;
}

interface Holdable {
  readonly metadata: ObjectMeta;
  readonly spec: object;
}

/**
 * The objects as far as agents decide by them, in one order: the same objects give the same text, whoever read them.
 * That is JSON of `{identities, bindings, exceptions}`.
 */
export function holdText({ identities, bindings, exceptions }: IdentityResources): string {
  return sortedJson({
    identities: identities.map(heldPart).sort(byKey),
    bindings: bindings.map(heldPart).sort(byKey),
    exceptions: exceptions.map(heldPart).sort(byKey),
  });
}

/** The same of one object. */
export function heldObjectText(object: Holdable): string {
  return sortedJson(heldPart(object));
}

function heldPart({ metadata, spec }: Holdable) {
  const { namespace, name } = metadata;
  const annotations = keptAnnotationsOf(metadata);
  return {
    metadata: { namespace, name, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
    spec,
  };
}

type Part = ReturnType<typeof heldPart>;

/** By code units, so that no language of a machine changes it. */
function byKey({ metadata: one }: Part, { metadata: other }: Part): number {
  const [left, right] = [`${one.namespace}/${one.name}`, `${other.namespace}/${other.name}`];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Members by name. A number that JSON has no word for is written as a text, so that it differs from none. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => {
    if (typeof each === 'number' && !Number.isFinite(each)) {
      return String(each);
    }
    return typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : each;
  });
}
