import { entryText } from '../entries/pod-identity.ts';
import { type AzureIdentityBinding, bindingLabel } from '../kubernetes/identity-resources.ts';
import { isLiving, type Pod } from '../kubernetes/pod.ts';
import type { SeenPod, SeenRecord } from '../migrate/seen.ts';

/** The part of a pod that its requests are told by. */
export type AskingPod = Pick<Pod, 'uid' | 'namespace' | 'name' | 'nodeName' | 'phase' | 'labels'>;

/** Resources for which these pods got tokens, as far as agents saw it; those that most pods use first. */
export function resourcesInUse(
  record: Pick<SeenRecord, 'pods'>,
  pods: readonly AskingPod[],
): readonly string[] {
  const uses = new Map<string, Set<string>>();
  for (const { pod, resource } of gotBy(record, pods)) {
    uses.set(resource, (uses.get(resource) ?? new Set()).add(pod.uid));
  }
  return [...uses]
    .toSorted(([one, ofOne], [other, ofOther]) => ofOther.size - ofOne.size || (one < other ? -1 : 1))
    .map(([resource]) => resource);
}

/** The living pods that a binding leads to its identity. */
export function podsOfBinding<Of extends AskingPod>(
  { metadata, spec }: AzureIdentityBinding,
  pods: readonly Of[],
): readonly Of[] {
  return pods.filter(
    (pod) =>
      pod.namespace === metadata.namespace && pod.labels[bindingLabel] === spec.selector && isLiving(pod),
  );
}

/**
 * Who got a token within that time left one in the agent's memory that is good for two hours more: IMDS gives them for
 * 24 hours, and the agent renews what is asked for after half of its life.
 */
const rememberedMs = 10 * 60 * 60_000;

/** A resource that pods of the identity use, and for which the agent of the node has no token that lasts. */
export interface ColdResource {
  readonly node: string;
  readonly resource: string;
}

/** What the agents' memory has of an identity, as far as they saw it. */
export interface Warmth {
  /** Resources that its pods use, and for which the agent of each node with pods of it has a token. */
  readonly warm: readonly string[];
  readonly cold: readonly ColdResource[];
  /** `namespace/name` of pods that got no token since the agent of their node came. */
  readonly silent: readonly string[];
}

/**
 * @param pods of the identity, and of no other one
 * @param probes pods of podid's that ask as it; what they got is in the agents' memory, and in nobody's use
 */
export function warmthOf(
  record: Pick<SeenRecord, 'pods'>,
  pods: readonly AskingPod[],
  probes: readonly AskingPod[],
  nowMs: number,
): Warmth {
  const used = resourcesInUse(record, pods);
  const got = [...gotBy(record, pods), ...gotBy(record, probes)];
  const lasting = got.filter(({ atMs }) => nowMs - atMs <= rememberedMs);
  const known = new Set(lasting.map(({ pod, resource }) => `${pod.nodeName} ${resource}`));
  const nodes = [...new Set(pods.map(({ nodeName }) => nodeName))].filter((node) => node !== '').toSorted();
  const cold = nodes.flatMap((node) =>
    used.filter((resource) => !known.has(`${node} ${resource}`)).map((resource) => ({ node, resource })),
  );
  const heard = new Set(got.map(({ pod }) => pod.uid));
  return {
    warm: used.filter((resource) => !cold.some((each) => each.resource === resource)),
    cold,
    silent: pods.filter(({ uid }) => !heard.has(uid)).map(entryText),
  };
}

interface Got {
  readonly pod: AskingPod;
  readonly resource: string;
  readonly atMs: number;
}

function gotBy({ pods: seen }: Pick<SeenRecord, 'pods'>, pods: readonly AskingPod[]): readonly Got[] {
  const byName = new Map(pods.map((pod) => [entryText(pod), pod]));
  return seen.flatMap((use) => {
    const pod = byName.get(entryText(use));
    return pod !== undefined && isOf(use, pod) && use.isAnswered && use.resource !== undefined
      ? [{ pod, resource: use.resource, atMs: Date.parse(use.lastAsked) }]
      : [];
  });
}

/** One of the same name may have run on another node before. */
function isOf({ uid }: Pick<SeenPod, 'uid'>, pod: AskingPod): boolean {
  return uid === undefined || uid === pod.uid;
}
