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
  const key = { namespace, name };
  const objects = [
    objectKey('AzureIdentity', key),
    objectKey('AzureIdentityBinding', { ...key, name: `${name}-binding` }),
  ];
  return commandAbout(words.split(' '), evidence, { ...key, ...flags, force: forceFor(evidence, objects) });
}

/** The same about an exception. */
export function exceptionCommand<const Text extends string>(
  words: Text & Literal<Text>,
  evidence: Pick<Evidence, 'cluster' | 'objects' | 'subject'>,
  { namespace, name }: EntryKey,
): Command {
  const key = { namespace, name };
  const force = forceFor(evidence, [objectKey('AzurePodIdentityException', key)]);
  return commandAbout(words.split(' '), evidence, { ...key, force });
}

function commandAbout(
  words: readonly string[],
  { cluster, subject }: Pick<Evidence, 'cluster' | 'subject'>,
  flags: CommandFlags,
): Command {
  const here = modeFlags(readOr(cluster, undefined)?.profile);
  return podidCommand(words, { ...clusterFlags(subject.cluster), ...here, ...flags });
}

/** @param keys `Kind namespace/name` of the objects that the command writes or deletes */
function forceFor(
  evidence: Pick<Evidence, 'cluster' | 'objects'>,
  keys: readonly string[],
): true | undefined {
  const facts = readOr(evidence.objects, undefined)?.facts;
  if (facts === undefined || !isModeCluster(evidence)) {
    return undefined;
  }
  const { own, edited, versions } = facts;
  const isOfOthers = (key: string) => Object.hasOwn(versions, key) && (!own.has(key) || edited?.has(key));
  return keys.some(isOfOthers) || undefined;
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
