import { managedIdentityType } from '../../domain/azure/resource-id.ts';
import type { EntryKey } from '../../domain/entries/pod-identity.ts';
import { type CommandFlags, clusterFlags, modeFlags, podidCommand } from '../../domain/hints/next-command.ts';
import { objectKey } from '../../domain/kubernetes/cluster-objects.ts';
import { advice, type Command, type Hint, type Literal } from '../../errors/hint.ts';
import type { Evidence } from './evidence.ts';
import { resourcesForAgents } from './pod-decisions.ts';
import { readOr } from './probe.ts';

/** Whether the objects in the cluster are the entries, for want of the add-on. */
export function isModeCluster({ cluster }: Pick<Evidence, 'cluster'>): boolean {
  return readOr(cluster, undefined)?.profile.enabled === false;
}

/**
 * Whether the add-on is off and somebody works without it. The objects count of any namespace, and those that make
 * no entry, too: whether they are the right ones is judged further on.
 */
export function livesInObjects(evidence: Pick<Evidence, 'cluster' | 'objects'>): boolean {
  const { bindings, identities } = resourcesForAgents(evidence);
  return isModeCluster(evidence) && bindings.length + identities.length > 0;
}

/** A command about one entry, where the entries live; with `--force` where others wrote its objects. */
export function entryCommand<const Text extends string>(
  words: Text & Literal<Text>,
  evidence: Pick<Evidence, 'cluster' | 'objects' | 'subject'>,
  { namespace, name, ...flags }: CommandFlags & EntryKey,
): Command {
  const here = modeFlags(readOr(evidence.cluster, undefined)?.profile);
  const force = isOfOthers(evidence, { namespace, name }) || undefined;
  const where = { ...clusterFlags(evidence.subject.cluster), ...here };
  return podidCommand(words.split(' '), { ...where, namespace, name, ...flags, force });
}

function isOfOthers(evidence: Pick<Evidence, 'cluster' | 'objects'>, key: EntryKey): boolean {
  const objects = readOr(evidence.objects, undefined);
  if (objects?.facts === undefined || !isModeCluster(evidence)) {
    return false;
  }
  const { own, versions } = objects.facts;
  const keys = [
    objectKey('AzureIdentity', key),
    objectKey('AzureIdentityBinding', { ...key, name: `${key.name}-binding` }),
  ];
  return keys.some((each) => Object.hasOwn(versions, each) && !own.has(each));
}

/** A command says what to put in the place of a name that podid cannot know. */
export function withFillIn(line: Command): Hint {
  return line.words.some((word) => word.includes(`/${nameToFillIn}`))
    ? advice`${line}, with the name of the managed identity for IDENTITY`
    : line;
}

const nameToFillIn = 'IDENTITY';

/** An id for a hint where only somebody who knows can say which: of the cluster's own group, to be filled in. */
export function idToFillIn({ cluster: { subscriptionId, resourceGroup } }: Evidence['subject']): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/${managedIdentityType}/${nameToFillIn}`;
}
