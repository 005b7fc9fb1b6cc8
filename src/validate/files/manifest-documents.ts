import { entriesOfObjects } from '../../domain/entries/entries-of-objects.ts';
import { objectsFile } from '../../domain/entries/objects-file.ts';
import { fileApiVersion } from '../../domain/entries/pod-identities-file.ts';
import { entryText } from '../../domain/entries/pod-identity.ts';
import { managedIdentityIdRule } from '../flags/azure-names.ts';
import { bindingSelectorRule, exceptionNameRule, identityNameRule } from '../flags/kubernetes-names.ts';
import { isRecord, recordAt, stringAt } from '../json-record.ts';
import {
  parseAzureIdentity,
  parseAzureIdentityBinding,
  parseAzurePodIdentityException,
} from '../kubernetes/crd-objects.ts';
import { jsonOf, type Located, type Place } from './located-yaml.ts';
import { isProfileDocument } from './profile-document.ts';
import type { Judge, WantedList } from './wanted-list.ts';

/** An object of Kubernetes in a file, as JSON. */
export interface ManifestObject {
  readonly kind: string;
  readonly place: Place;
  readonly json: unknown;
}

/** What a document is: podid's own, objects of Kubernetes, or a cluster as Azure describes it. */
export function documentKind(document: Located): 'file' | 'objects' | 'profile' {
  const members = document.kind === 'map' ? (document.map('a document') ?? []) : [];
  const keys = members.map(({ key }) => key);
  const textOf = (wanted: string) => members.find(({ key }) => key === wanted)?.value.scalar();
  if (textOf('apiVersion') === fileApiVersion) {
    return 'file';
  }
  if (isProfileDocument(keys)) {
    return 'profile';
  }
  const kind = textOf('kind');
  const isObject = keys.includes('metadata') || keys.includes('items') || kinds.includes(String(kind));
  return typeof textOf('apiVersion') === 'string' && isObject ? 'objects' : 'file';
}

const kinds = ['AzureIdentity', 'AzureIdentityBinding', 'AzurePodIdentityException'];

/** The object, or those of a list, as `kubectl get -o yaml` prints them. */
export function objectsIn(document: Located): ManifestObject[] {
  const members = document.map('an object') ?? [];
  const items = members.find(({ key }) => key === 'items')?.value;
  if (items !== undefined) {
    return (items.list('items') ?? []).flatMap((item) => (item.kind === 'map' ? objectsIn(item) : []));
  }
  const kind = members.find(({ key }) => key === 'kind')?.value.scalar();
  return [{ kind: String(kind ?? ''), place: document.place, json: jsonOf(document) }];
}

/** Objects of the three kinds, put together to entries as the cluster does it; what no entry can say is told. */
export function readManifest(objects: readonly ManifestObject[], wanted: WantedList, judge: Judge): void {
  const [first] = objects;
  if (first === undefined) {
    return;
  }
  const ours = objects.filter(({ kind }) => kinds.includes(kind));
  const others = [...new Set(objects.filter(({ kind }) => !kinds.includes(kind)).map(({ kind }) => kind))];
  if (others.length > 0) {
    judge.warn(`Passed over: objects of other kinds (${others.join(', ')}).`);
  }
  if (ours.length === 0) {
    judge.faults.addAt(first.place, `there is no ${kinds.join(', ')} in it.`);
    return;
  }
  const places = new Map(ours.map((object) => [keyOf(object), object.place]));
  refuseWithoutNamespace(ours, judge);
  const resources = {
    identities: parsed(ours, 'AzureIdentity', parseAzureIdentity),
    bindings: parsed(ours, 'AzureIdentityBinding', parseAzureIdentityBinding),
    exceptions: parsed(ours, 'AzurePodIdentityException', parseAzurePodIdentityException),
  };
  const { file, losses } = objectsFile(entriesOfObjects(resources), undefined);
  for (const loss of losses) {
    judge.warn(`Left out: ${loss}`);
  }
  keep(file, places, { wanted, judge, ours });
}

function keep(
  { identities = [], exceptions = [] }: ReturnType<typeof objectsFile>['file'],
  places: ReadonlyMap<string, Place>,
  { wanted, judge: { faults }, ours }: { wanted: WantedList; judge: Judge; ours: readonly ManifestObject[] },
): void {
  const [first] = ours;
  const placeOf = (kind: string, key: { namespace: string; name: string }): Place =>
    places.get(`${kind} ${entryText(key)}`) ??
    places.get(`AzureIdentityBinding ${entryText(key)}`) ??
    first?.place ?? { file: '', line: 1, column: 1 };
  if (ours.some(({ kind }) => kind !== 'AzurePodIdentityException')) {
    wanted.manage('identities');
  }
  if (ours.some(({ kind }) => kind === 'AzurePodIdentityException')) {
    wanted.manage('exceptions');
  }
  for (const { name, namespace, identityResourceId, bindingSelector } of identities) {
    const place = placeOf('AzureIdentity', { name, namespace });
    const isSound = [
      faults.checkAt(place, name, 'a name of a pod identity', identityNameRule),
      faults.checkAt(place, identityResourceId, 'the id of a managed identity', managedIdentityIdRule),
      bindingSelector === undefined ||
        faults.checkAt(place, bindingSelector, 'a binding selector', bindingSelectorRule),
    ].every(Boolean);
    const selector = bindingSelector === undefined ? {} : { bindingSelector };
    wanted.keepIdentity(
      { name, namespace },
      place,
      isSound ? { identityResourceId, ...selector } : undefined,
    );
  }
  for (const { name, namespace, podLabels } of exceptions) {
    const place = placeOf('AzurePodIdentityException', { name, namespace });
    const isSound = faults.checkAt(place, name, 'a name of an exception', exceptionNameRule);
    wanted.keepException({ name, namespace }, place, isSound ? podLabels : undefined);
  }
}

/** kubectl takes the namespace of its context then, and a file cannot know it. */
function refuseWithoutNamespace(objects: readonly ManifestObject[], { faults }: Judge): void {
  for (const { kind, place, json } of objects) {
    const metadata = isRecord(json) ? recordAt(json, 'metadata') : {};
    for (const member of ['name', 'namespace']) {
      if (!stringAt(metadata, member)) {
        faults.addAt(place, `metadata.${member} is missing: ${kind} needs it.`);
      }
    }
  }
}

function parsed<Item>(
  objects: readonly ManifestObject[],
  kind: string,
  parse: (json: unknown) => Item | undefined,
): Item[] {
  return objects
    .filter((object) => object.kind === kind)
    .map(({ json }) => parse(json))
    .filter((item) => item !== undefined);
}

function keyOf({ kind, json }: ManifestObject): string {
  const metadata = isRecord(json) ? recordAt(json, 'metadata') : {};
  return `${kind} ${entryText({ namespace: stringAt(metadata, 'namespace') ?? '', name: stringAt(metadata, 'name') ?? '' })}`;
}
