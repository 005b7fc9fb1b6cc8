import { advice, type Command, command, type Hint } from '../../../errors/hint.ts';
import { type EntryKey, entryText } from '../../entries/pod-identity.ts';
import { modeFlags, nextCommand } from '../../hints/next-command.ts';
import type { AccessFacts } from '../access-facts.ts';

type Facts = Pick<AccessFacts, 'id' | 'cluster' | 'resources'>;

/** Takes an AzureIdentity from pods: by podid where it is an entry, and else by what wrote it. @param object `namespace/name` */
export function deleteIdentity(object: string, facts: Facts): Command {
  const { namespace, name } = keyOf(object);
  return isIdentityEntry({ namespace, name }, facts)
    ? nextCommand('delete', facts.id, { namespace, name, ...modeOf(facts) })
    : command('kubectl delete azureidentity', name, '-n', namespace);
}

/** Gives an object another managed identity, which there has to be first. */
export function replaceIdentity(object: string, facts: Facts): Hint {
  const { namespace, name } = keyOf(object);
  const entry = { namespace, name, identity: 'IDENTITY', ...modeOf(facts) };
  return isIdentityEntry({ namespace, name }, facts)
    ? advice`With an identity of its own, made by az identity create: ${nextCommand('update', facts.id, entry)}`
    : advice`With the resource id and client id of an identity of its own: ${command('kubectl edit azureidentity', name, '-n', namespace)}`;
}

export function deleteException({ namespace, name }: EntryKey, facts: Facts): Command {
  const { cluster } = facts;
  const isEntry =
    cluster.kind === 'unread' ||
    !cluster.value.profile.enabled ||
    cluster.value.profile.exceptions.some((each) => each.namespace === namespace && each.name === name);
  return isEntry
    ? nextCommand('exception delete', facts.id, { namespace, name, ...modeOf(facts) })
    : command('kubectl delete azurepodidentityexception', name, '-n', namespace);
}

/** With the add-on its profile has them; without it every object of a managed identity is one. */
function isIdentityEntry(key: EntryKey, { cluster, resources }: Facts): boolean {
  const object = resources.identities.find(({ metadata }) => entryText(metadata) === entryText(key));
  if ((object?.spec.type ?? 0) !== 0) {
    return false;
  }
  return (
    cluster.kind === 'unread' ||
    !cluster.value.profile.enabled ||
    cluster.value.profile.identities.some((each) => entryText(each) === entryText(key))
  );
}

/** Entries are objects where the add-on is off, and commands about them have to say so. */
function modeOf({ cluster }: Facts): ReturnType<typeof modeFlags> {
  return modeFlags(cluster.kind === 'read' ? cluster.value.profile : undefined);
}

function keyOf(object: string): EntryKey {
  const [namespace = '', name = ''] = object.split('/');
  return { namespace, name };
}
