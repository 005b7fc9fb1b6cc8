import { managedClusterType, parseResourceId } from '../../domain/azure/resource-id.ts';
import { isAddonException } from '../../domain/entries/addon-exception.ts';
import { managedIdentityIdRule } from '../flags/azure-names.ts';
import {
  bindingSelectorRule,
  exceptionNameRule,
  identityNameRule,
  namespaceRule,
} from '../flags/kubernetes-names.ts';
import { isRecord, type JsonRecord, recordAt, stringAt, stringMapAt } from '../json-record.ts';
import type { Located, LocatedEntry, Place } from './located-yaml.ts';
import type { Judge, WantedList } from './wanted-list.ts';

/**
 * What Azure says of a cluster, as `az aks show` prints it and ARM answers it, or its `podIdentityProfile` alone. What is
 * Azure's own, such as states and the ids that belong to an identity, is passed over.
 */
export function readProfileDocument(document: Located, wanted: WantedList, judge: Judge): void {
  const json = document.json();
  const id = isRecord(json) ? parseResourceId(stringAt(json, 'id') ?? '', managedClusterType) : undefined;
  if (id !== undefined) {
    const { subscriptionId: subscription, resourceGroup, name } = id;
    wanted.keepCluster({ subscription, resourceGroup, name }, document.place);
  }
  const profile = profileIn(document);
  if (profile === undefined || profile.every(({ key }) => !lists.includes(key))) {
    judge.faults.addAt(
      document.place,
      'there is no pod identity and no exception in this cluster: its add-on is off.',
    );
    return;
  }
  for (const item of itemsOf(profile, 'userAssignedIdentities', wanted, 'identities')) {
    readIdentity(item, wanted, judge);
  }
  for (const item of itemsOf(profile, 'userAssignedIdentityExceptions', wanted, 'exceptions')) {
    readException(item, wanted, judge);
  }
}

const lists = ['userAssignedIdentities', 'userAssignedIdentityExceptions'];

/** Whether a document is one of these: by its members, since they have no kind of their own. */
export function isProfileDocument(members: readonly LocatedEntry[]): boolean {
  const properties = members.find(({ key }) => key === 'properties')?.value;
  const isProfile = ({ key }: LocatedEntry) => key === 'podIdentityProfile' || lists.includes(key);
  return members.some(isProfile) || (properties !== undefined && membersOf(properties).some(isProfile));
}

function profileIn(document: Located): readonly LocatedEntry[] | undefined {
  const members = membersOf(document);
  const properties = members.find(({ key }) => key === 'properties')?.value;
  const around = properties?.kind === 'map' ? membersOf(properties) : members;
  const profile = around.find(({ key }) => key === 'podIdentityProfile')?.value;
  if (profile === undefined) {
    return members;
  }
  return profile.kind === 'map' ? membersOf(profile) : undefined;
}

function membersOf(located: Located): readonly LocatedEntry[] {
  return located.kind === 'map' ? (located.map('a cluster') ?? []) : [];
}

/** az prints `null` for a list without entries. */
function itemsOf(
  profile: readonly LocatedEntry[],
  member: string,
  wanted: WantedList,
  list: 'identities' | 'exceptions',
): readonly { readonly place: Place; readonly json: JsonRecord }[] {
  const found = profile.find(({ key }) => key === member)?.value;
  if (found === undefined) {
    return [];
  }
  wanted.manage(list);
  const items = found.kind === 'scalar' && found.scalar() === null ? [] : (found.list(member) ?? []);
  return items.map((item) => {
    const json = item.json();
    return { place: item.place, json: isRecord(json) ? json : {} };
  });
}

type Item = { readonly place: Place; readonly json: JsonRecord };

function readIdentity({ place, json }: Item, wanted: WantedList, { faults }: Judge): void {
  const [name, namespace] = [stringAt(json, 'name') ?? '', stringAt(json, 'namespace') ?? ''];
  const identityResourceId = stringAt(recordAt(json, 'identity'), 'resourceId') ?? '';
  const bindingSelector = stringAt(json, 'bindingSelector') || undefined;
  const isSound = [
    faults.checkAt(place, name, 'a name of a pod identity', identityNameRule),
    faults.checkAt(place, namespace, 'a namespace', namespaceRule),
    faults.checkAt(place, identityResourceId, 'the id of a managed identity', managedIdentityIdRule),
    bindingSelector === undefined ||
      faults.checkAt(place, bindingSelector, 'a binding selector', bindingSelectorRule),
  ].every(Boolean);
  const selector = bindingSelector === undefined ? {} : { bindingSelector };
  wanted.keepIdentity({ name, namespace }, place, isSound ? { identityResourceId, ...selector } : undefined);
}

function readException({ place, json }: Item, wanted: WantedList, { faults, warn }: Judge): void {
  const key = { name: stringAt(json, 'name') ?? '', namespace: stringAt(json, 'namespace') ?? '' };
  if (isAddonException(key)) {
    return;
  }
  const podLabels = stringMapAt(json, 'podLabels') ?? {};
  const isSound = [
    faults.checkAt(place, key.name, 'a name of an exception', exceptionNameRule),
    faults.checkAt(place, key.namespace, 'a namespace', namespaceRule),
  ].every(Boolean);
  if (isSound && Object.keys(podLabels).length === 0) {
    warn(`Exception ${key.namespace}/${key.name} has no labels, so it excepts no pod.`);
  }
  wanted.keepException(key, place, isSound ? podLabels : undefined);
}
