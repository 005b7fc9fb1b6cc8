import { entriesOfObjects } from '../../domain/entries/entries-of-objects.ts';
import { objectsFile } from '../../domain/entries/objects-file.ts';
import { fileApiVersion } from '../../domain/entries/pod-identities-file.ts';
import { entryText } from '../../domain/entries/pod-identity.ts';
import type { IdentityResources } from '../../domain/kubernetes/identity-resources.ts';
import { managedIdentityIdRule } from '../flags/azure-names.ts';
import {
  bindingSelectorRule,
  exceptionNameRule,
  identityNameRule,
  labelKeyRule,
  labelValueRule,
  namespaceRule,
} from '../flags/kubernetes-names.ts';
import { isRecord, type JsonRecord, recordAt, stringAt } from '../json-record.ts';
import {
  inAnyCase,
  parseAzureIdentity,
  parseAzureIdentityBinding,
  parseAzurePodIdentityException,
} from '../kubernetes/crd-objects.ts';
import { nearestWord } from '../nearest-word.ts';
import { quoted } from '../usage-faults.ts';
import type { Located, Place } from './located-yaml.ts';
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
  const textOf = (wanted: string) => members.find(({ key }) => key === wanted)?.value.scalar();
  const has = (wanted: string) => members.some(({ key }) => key === wanted);
  if (textOf('apiVersion') === fileApiVersion) {
    return 'file';
  }
  if (isProfileDocument(members)) {
    return 'profile';
  }
  const isObject = typeof textOf('apiVersion') === 'string' && (has('metadata') || has('items'));
  return isObject || kinds.includes(String(textOf('kind'))) ? 'objects' : 'file';
}

const kinds = ['AzureIdentity', 'AzureIdentityBinding', 'AzurePodIdentityException'];
/** Written by the controller, from the others. */
const kindsOfOthers = ['AzureAssignedIdentity'];

/** The object, or those of a list, as `kubectl get -o yaml` prints them. */
export function objectsIn(document: Located): ManifestObject[] {
  const members = document.map('an object') ?? [];
  const items = members.find(({ key }) => key === 'items')?.value;
  if (items !== undefined) {
    const list = items.list('items') ?? [];
    // An empty list is told by what is read of it: nothing.
    return list.length === 0
      ? [{ kind: '', place: document.place, json: {} }]
      : list.flatMap((item) => (item.kind === 'map' ? objectsIn(item) : []));
  }
  const kind = members.find(({ key }) => key === 'kind')?.value.scalar();
  return [{ kind: String(kind ?? ''), place: document.place, json: document.json() }];
}

/** Objects of the three kinds, put together to entries as the cluster does it; what no entry can say is told. */
export function readManifest(objects: readonly ManifestObject[], wanted: WantedList, judge: Judge): void {
  const [first] = objects;
  if (first === undefined) {
    return;
  }
  const ours = objects.filter(({ kind }) => kinds.includes(kind));
  refuseUnknownKinds(objects, judge);
  const others = new Set(
    objects.map(({ kind }) => kind).filter((kind) => kind !== '' && !kinds.includes(kind)),
  );
  if (others.size > 0) {
    judge.warn(`Passed over: objects of other kinds (${[...others].join(', ')}).`);
  }
  if (ours.length === 0) {
    judge.faults.addAt(first.place, `there is no ${kinds.join(', ')} in it.`);
    return;
  }
  const places = new Map(ours.map((object) => [keyOf(object), object.place]));
  for (const object of ours) {
    checkObject(object, judge);
  }
  const resources = {
    identities: parsed(ours, 'AzureIdentity', parseAzureIdentity),
    bindings: parsed(ours, 'AzureIdentityBinding', parseAzureIdentityBinding),
    exceptions: parsed(ours, 'AzurePodIdentityException', parseAzurePodIdentityException),
  };
  const { file, losses } = objectsFile(entriesOfObjects(resources), undefined);
  for (const loss of [...losses, ...danglingIn(resources)]) {
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
  // A binding alone says nothing of the identities that there should be.
  if (ours.some(({ kind }) => kind === 'AzureIdentity')) {
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

/** Of upstream's group there are these kinds and no others. */
function refuseUnknownKinds(objects: readonly ManifestObject[], { faults }: Judge): void {
  for (const { kind, place, json } of objects) {
    const isOfGroup = isRecord(json) && /^aadpodidentity\.k8s\.io\//.test(stringAt(json, 'apiVersion') ?? '');
    if (isOfGroup && !kinds.includes(kind) && !kindsOfOthers.includes(kind)) {
      const nearest = nearestWord(kind, kinds);
      const hint = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
      faults.addAt(place, `kind is ${quoted(kind)}, and upstream has ${kinds.join(', ')}.${hint}`);
    }
  }
}

/** The cluster takes nothing else there. */
const textsOfSpec: Readonly<Record<string, readonly string[]>> = {
  AzureIdentity: ['resourceID', 'clientID', 'tenantID'],
  AzureIdentityBinding: ['azureIdentity', 'selector'],
};

/** kubectl would take the namespace of its context, which a file cannot know. */
function checkObject({ kind, place, json }: ManifestObject, { faults, warn }: Judge): void {
  const record = isRecord(json) ? json : {};
  const metadata = recordAt(record, 'metadata');
  const namespace = stringAt(metadata, 'namespace');
  const needed = {
    apiVersion: record['apiVersion'],
    'metadata.name': metadata['name'],
    'metadata.namespace': metadata['namespace'],
  };
  for (const [member, value] of Object.entries(needed)) {
    if (value === undefined || value === null || value === '') {
      faults.addAt(place, `${member} is missing: ${kind} needs it.`);
    }
  }
  const spec = recordAt(record, 'spec');
  const ofSpec = (textsOfSpec[kind] ?? []).map((member) => [`spec.${member}`, inAnyCase(spec, member)]);
  for (const [member, value] of [...Object.entries(needed), ...ofSpec] as [string, unknown][]) {
    if (value !== undefined && value !== null && typeof value !== 'string') {
      faults.addAt(place, `${member} has to be a text, in quotes: kubectl reads ${JSON.stringify(value)}.`);
    }
  }
  if (namespace) {
    faults.checkAt(place, namespace, 'a namespace', namespaceRule);
  }
  if (kind === 'AzurePodIdentityException') {
    checkLabels(record, place, { faults, warn });
  }
}

function checkLabels(object: JsonRecord, place: Place, { faults, warn }: Judge): void {
  const spec = recordAt(object, 'spec');
  const labels = Object.entries(recordAt({ podLabels: inAnyCase(spec, 'podLabels') }, 'podLabels'));
  if (labels.length === 0) {
    const { name = '', namespace = '' } = recordAt(object, 'metadata') as {
      name?: string;
      namespace?: string;
    };
    warn(`Exception ${entryText({ namespace, name })} has no labels, so it excepts no pod.`);
  }
  for (const [key, value] of labels) {
    faults.checkAt(place, key, 'a label key', labelKeyRule);
    if (typeof value === 'string') {
      faults.checkAt(place, value, 'a label value', labelValueRule);
    } else {
      faults.addAt(place, `the value of the label ${quoted(key)} has to be a text, in quotes.`);
    }
  }
}

/** Bindings to what none of the files has. */
function danglingIn({ identities, bindings }: IdentityResources): string[] {
  return bindings
    .filter(
      ({ metadata: { namespace }, spec: { azureIdentity } }) =>
        !identities.some(
          ({ metadata }) => metadata.namespace === namespace && metadata.name === azureIdentity,
        ),
    )
    .map(
      ({ metadata, spec }) =>
        `AzureIdentityBinding ${entryText(metadata)} names AzureIdentity ${spec.azureIdentity ?? 'none'}, which is in none of the files.`,
    );
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
