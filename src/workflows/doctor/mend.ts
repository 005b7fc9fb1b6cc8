import { managedIdentityType } from '../../domain/azure/resource-id.ts';
import { wayToEnable } from '../../domain/clusters/way-to-enable.ts';
import { type EntryKey, sameEntry } from '../../domain/entries/pod-identity.ts';
import {
  type CommandFlags,
  clusterFlags,
  modeFlags,
  nextCommand,
  podidCommand,
} from '../../domain/hints/next-command.ts';
import { objectKey } from '../../domain/kubernetes/cluster-objects.ts';
import { advice, type Command, command, type Hint, type Literal } from '../../errors/hint.ts';
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
  const force = forceFor(evidence, objectsOfEntry(key));
  return commandAbout(words.split(' '), evidence, { ...key, ...flags, force });
}

/** `Kind namespace/name` of the objects that podid writes for an entry. */
export function objectsOfEntry({ namespace, name }: EntryKey): readonly string[] {
  return [
    objectKey('AzureIdentity', { namespace, name }),
    objectKey('AzureIdentityBinding', { namespace, name: `${name}-binding` }),
  ];
}

/**
 * Takes an exception away, wherever it is. With the add-on that is its entry in Azure, with which podid's own object
 * goes; what others wrote stays until somebody deletes it, and what has no entry is no business of Azure's.
 */
export function removalOfException(
  evidence: Pick<Evidence, 'cluster' | 'objects' | 'subject'>,
  { namespace, name }: EntryKey,
): Hint {
  const key = { namespace, name };
  const object = objectKey('AzurePodIdentityException', key);
  const force = forceFor(evidence, [object]);
  const remove = commandAbout(['exception', 'delete'], evidence, { ...key, force });
  const profile = readOr(evidence.cluster, undefined)?.profile;
  if (profile?.enabled !== true) {
    return remove;
  }
  const isInAzure = profile.exceptions.some((each) => sameEntry(each, key));
  const kubectl = command('kubectl delete azurepodidentityexception', name, '-n', namespace);
  if (isOfOthers(evidence, object) === true) {
    return isInAzure ? advice`${remove} && ${kubectl.with('--ignore-not-found')}` : kubectl;
  }
  return isInAzure ? remove : nextCommand('mirror', evidence.subject.cluster, { prune: true });
}

/** Nobody who lives without the add-on is to be led to it, nor who has it. */
export function withAddonToo(install: Hint, evidence: Pick<Evidence, 'cluster' | 'objects'>): Hint {
  const cluster = readOr(evidence.cluster, undefined);
  return cluster === undefined || cluster.profile.enabled || livesInObjects(evidence)
    ? install
    : advice`${install}; or the add-on: ${wayToEnable(cluster)}`;
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
  return (isModeCluster(evidence) && keys.some((key) => isOfOthers(evidence, key))) || undefined;
}

/**
 * Whether an object is there that podid writes by force alone: it did not write it, or others have changed it since.
 *
 * @param key `Kind namespace/name`
 * @returns undefined where that is not known
 */
export function isOfOthers({ objects }: Pick<Evidence, 'objects'>, key: string): boolean | undefined {
  const facts = readOr(objects, undefined)?.facts;
  return (
    facts && Object.hasOwn(facts.versions, key) && (!facts.own.has(key) || facts.edited?.has(key) === true)
  );
}

/** A command says what to put in the place of a name that podid cannot know. */
export function withFillIn(line: Command): Hint {
  return line.words.some((word) => word.includes(`/${nameToFillIn}`))
    ? advice`${line}  # with the name of the managed identity for IDENTITY`
    : line;
}

const nameToFillIn = 'IDENTITY';

/** An id for a hint where only somebody who knows can say which: of the cluster's own group, to be filled in. */
export function idToFillIn({ cluster: { subscriptionId, resourceGroup } }: Evidence['subject']): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/${managedIdentityType}/${nameToFillIn}`;
}
