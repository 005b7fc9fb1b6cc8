import { advice } from '../../../errors/hint.ts';
import type { ClusterId } from '../../clusters/cluster.ts';
import type { Candidate } from '../candidate.ts';
import type { MigrationFacts } from '../migration-facts.ts';
import { goSdk, isAtLeast, sdkMinimum } from '../sdk-minimums.ts';
import { isHeard, type SeenPod, type SeenUse } from '../seen.ts';
import { silentMs } from '../silence.ts';
import { exchangeCommand, planAgain, workloadText } from '../workload-commands.ts';
import { useLabel } from '../workload-identity-words.ts';
import type { Blocker } from './blocker.ts';

/**
 * What the agents saw of the workload's libraries. Without their record there is nothing to say: it is unknown.
 *
 * @param nowMs since the epoch
 */
export function sdkBlockers(candidate: Candidate, facts: MigrationFacts, nowMs: number): readonly Blocker[] {
  const { workload, template } = candidate;
  if (!isHeard(facts.seen) || workload.identities.length === 0) {
    return [];
  }
  const uses = ownUses(candidate);
  if (uses.length === 0) {
    // The driver asks for its pods, and what has moved asks nobody.
    const isExplained = candidate.uses.length > 0 || template.labels[useLabel] === 'true';
    return isExplained ? [] : neverSeen(candidate, facts, nowMs);
  }
  const latestOfEach = new Map(uses.toReversed().map((use) => [`${use.sdk} ${use.version}`, use]));
  const found = [
    ...[...latestOfEach.values()].map((use) => unableOrUnknown(candidate, use, facts)),
    stillAsking(candidate, uses),
    byResourceId(candidate, uses),
  ];
  return found.filter((blocker) => blocker !== undefined);
}

/** Of the pods that are there, as long as one of them has asked; a day before the last is what they asked once. */
function ownUses({ workload, uses }: Candidate): readonly SeenPod[] {
  const names = new Set(workload.pods.map(({ name }) => name));
  const own = uses.filter(({ chosenBy }) => chosenBy !== 'pod-name');
  const ofPods = own.filter(({ name }) => names.has(name));
  const counted = ofPods.length > 0 ? ofPods : own;
  const lastMs = Date.parse(counted[0]?.lastAsked ?? '');
  return counted.filter(({ lastAsked }) => Date.parse(lastAsked) >= lastMs - silentMs);
}

/** Libraries keep a token for up to a day, so that a record of less says nothing of who is not in it. */
function neverSeen(
  { workload }: Candidate,
  { seen, cluster }: MigrationFacts,
  nowMs: number,
): readonly Blocker[] {
  const isHeardEverywhere = seen !== undefined && (seen.unheard ?? []).length === 0;
  return isHeardEverywhere && Date.parse(seen.since) <= nowMs - silentMs
    ? [
        sdkUnknown(
          workload,
          `has not asked for a token since ${seen.since}, when the agents' record begins`,
          cluster,
        ),
      ]
    : [];
}

function sdkUnknown(workload: Candidate['workload'], what: string, cluster: ClusterId): Blocker {
  return {
    code: 'SdkUnknown',
    message: `${workloadText(workload)} ${what}, so that podid cannot tell whether its library takes Workload Identity.`,
    hint: advice`Have it ask once with its usual library, then: ${planAgain(cluster, workload)}`,
  };
}

function unableOrUnknown(
  { workload }: Candidate,
  { sdk, version }: SeenUse,
  { cluster }: MigrationFacts,
): Blocker | undefined {
  const minimum = sdkMinimum(sdk);
  if (minimum === undefined || (minimum !== 'none' && version === '')) {
    const client = sdk === '' ? 'a client' : sdk;
    return sdkUnknown(
      workload,
      minimum === undefined
        ? `asks for tokens by ${client}, which names no library of Azure`
        : `asks for tokens by ${client}, which does not say its version`,
      cluster,
    );
  }
  if (minimum !== 'none' && isAtLeast(version, minimum)) {
    return undefined;
  }
  const unchanged = exchangeCommand(workload.identities);
  const asked = version === '' ? sdk : `${sdk} ${version}`;
  const why =
    minimum === 'none'
      ? ', which does not take Workload Identity'
      : `; Workload Identity takes ${minimum} or newer`;
  return {
    code: 'SdkTooOld',
    message: `${workloadText(workload)} asks with ${asked}${why}.`,
    hint: advice`Update the library; or leave the application as it is, and let the agent exchange its tokens: ${unchanged}`,
  };
}

/** Whatever its environment says, ManagedIdentityCredential of Go asks the node. */
function stillAsking({ workload, template }: Candidate, uses: readonly SeenPod[]): Blocker | undefined {
  const labelled = workload.pods.filter(({ labels }) => labels[useLabel] === 'true');
  const firstMs = Math.min(
    ...labelled.map(({ createdAt }) => Date.parse(createdAt) || Number.POSITIVE_INFINITY),
  );
  const isLabelled = template.labels[useLabel] === 'true' && labelled.length > 0;
  const names = new Set(labelled.map(({ name }) => name));
  const use = uses.find(
    ({ name, sdk, lastAsked }) => names.has(name) && sdk === goSdk && Date.parse(lastAsked) > firstMs,
  );
  return isLabelled && use !== undefined
    ? {
        code: 'GoManagedIdentity',
        message: `${workloadText(workload)} has the label and still asked the node at ${use.lastAsked}: ManagedIdentityCredential of Go takes no Workload Identity.`,
        hint: advice`Take NewDefaultAzureCredential in the application, or let the agent exchange its tokens: ${exchangeCommand(workload.identities)}`,
      }
    : undefined;
}

function byResourceId({ workload }: Candidate, uses: readonly SeenPod[]): Blocker | undefined {
  const chosenBy = uses.find(
    (use) => use.chosenBy === 'resource-id' || use.chosenBy === 'object-id',
  )?.chosenBy;
  return chosenBy !== undefined
    ? {
        code: 'ChoiceByResourceId',
        message: `${workloadText(workload)} names its identity by its ${chosenBy === 'resource-id' ? 'resource' : 'object'} id, which Workload Identity does not know.`,
        hint: advice`Name it by its client id in the application, or let the agent exchange its tokens: ${exchangeCommand(workload.identities)}`,
      }
    : undefined;
}
