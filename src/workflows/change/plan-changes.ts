import type { PodIdentityProfile } from '../../domain/clusters/cluster.ts';
import { type EntryKey, type PodIdentity, sameEntry } from '../../domain/entries/pod-identity.ts';
import type { ObjectChange } from '../../domain/kubernetes/cluster-objects.ts';
import type { Change } from './outcome.ts';

/** What a dry run says of the profile: every entry that would come, change or go, and the add-on itself. */
export function profileChanges(before: PodIdentityProfile, after: PodIdentityProfile): Change[] {
  return [
    ...addonChange(before, after),
    ...entryChanges('identity', before.identities.map(identityFacts), after.identities.map(identityFacts)),
    ...entryChanges('exception', before.exceptions, after.exceptions),
  ];
}

/** What a dry run says of the objects in the cluster; those that stay as they are go unmentioned. */
export function objectChanges(objects: readonly ObjectChange[]): Change[] {
  const actions = { create: 'add', update: 'update', delete: 'delete' } as const;
  return objects.flatMap((object) => {
    const action = actions[object.action as keyof typeof actions];
    if (action === undefined) {
      return [];
    }
    const { kind, namespace, name } = object;
    const described = { kind };
    return [
      {
        action,
        kind: 'object' as const,
        namespace,
        name,
        before: action === 'add' ? null : described,
        after: action === 'delete' ? null : described,
      },
    ];
  });
}

function addonChange(before: PodIdentityProfile, after: PodIdentityProfile): Change[] {
  const facts = ({ enabled, allowNetworkPluginKubenet }: PodIdentityProfile) => ({
    enabled,
    allowNetworkPluginKubenet,
  });
  if (
    before.enabled === after.enabled &&
    before.allowNetworkPluginKubenet === after.allowNetworkPluginKubenet
  ) {
    return [];
  }
  const action = before.enabled === after.enabled ? 'update' : after.enabled ? 'add' : 'delete';
  return [{ action, kind: 'addon', namespace: null, name: null, before: facts(before), after: facts(after) }];
}

function entryChanges<Entry extends EntryKey>(
  kind: 'identity' | 'exception',
  before: readonly Entry[],
  after: readonly Entry[],
): Change[] {
  const gone = before.filter((entry) => !after.some((other) => sameEntry(entry, other)));
  const changed = after.flatMap((entry): Change[] => {
    const old = before.find((other) => sameEntry(entry, other));
    const change = { kind, namespace: entry.namespace, name: entry.name, before: old ?? null, after: entry };
    if (old === undefined) {
      return [{ ...change, action: 'add' }];
    }
    return JSON.stringify(old) === JSON.stringify(entry) ? [] : [{ ...change, action: 'update' }];
  });
  const deletions = gone.map((entry): Change => {
    return {
      action: 'delete' as const,
      kind,
      namespace: entry.namespace,
      name: entry.name,
      before: entry,
      after: null,
    };
  });
  return [...changed, ...deletions];
}

/** Without the server's own view of the entry, which no edit decides. */
function identityFacts({ name, namespace, bindingSelector, identity }: PodIdentity) {
  return { name, namespace, bindingSelector, identity };
}
