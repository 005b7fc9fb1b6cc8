import { fileApiVersion } from '../../../domain/entries/pod-identities-file.ts';
import { isKeptAnnotation } from '../../../domain/exchange/kept-annotations.ts';
import { tokenSources } from '../../../domain/exchange/token-source.ts';
import { holdText } from '../../../domain/takeover/hold.ts';
import type { StoodBefore } from '../../../domain/takeover/stood-before.ts';
import {
  type ExportedMachine,
  type TakeoverExport,
  takeoverFileKind,
} from '../../../domain/takeover/takeover-export.ts';
import { clusterNameRule, managedIdentityIdRule, resourceGroupRule } from '../../flags/azure-names.ts';
import {
  bindingSelectorRule,
  exceptionNameRule,
  identityNameRule,
  labelKeyRule,
  labelValueRule,
  namespaceRule,
} from '../../flags/kubernetes-names.ts';
import { isRecord, type JsonRecord, recordAt, stringAt, stringMapAt } from '../../json-record.ts';
import { readHeldObjects } from '../../kubernetes/takeover-hold.ts';
import { type Rule, UsageFaults } from '../../usage-faults.ts';
import { type Located, locatedDocuments, type Place, type SourceText } from '../located-yaml.ts';

/** Reads the file of `podid takeover plan --out`; undefined, with a fault, where it is none. */
export function parseTakeoverFile(
  source: SourceText,
  sha256: (text: string) => string,
  faults: UsageFaults,
): TakeoverExport | undefined {
  const ofYaml = new UsageFaults();
  const [document, second] = locatedDocuments(source, ofYaml);
  const json = document?.json();
  const [unread] = ofYaml.located;
  if (unread !== undefined) {
    faults.addAt(unread, `${unread.what} podid takeover plan --out writes it anew.`);
    return undefined;
  }
  if (document === undefined) {
    faults.addAt(endOf(source), 'it is empty; podid takeover plan --out writes it anew.');
    return undefined;
  }
  if (second !== undefined) {
    faults.addAt(second.place, 'a second document; a plan of a takeover is one.');
    return undefined;
  }
  const read = readTakeoverExport(json, sha256);
  if (read.kind === 'fault') {
    faults.addAt(placeOf(read, document, source), `${read.why}; podid takeover plan --out writes it anew.`);
    return undefined;
  }
  return read.value;
}

/** Why an export is none, as the begin of a sentence, and in which of its members: of its list in which one, from 0. */
export interface ExportFault {
  readonly kind: 'fault';
  readonly why: string;
  readonly member?: string;
  readonly item?: number;
}

type Read<Value> = { readonly kind: 'read'; readonly value: Value } | ExportFault;

function placeOf({ member, item = 0 }: ExportFault, document: Located, source: SourceText): Place {
  const members = document.kind === 'map' ? (document.map('a plan') ?? []) : [];
  const found = members.find(({ key }) => key === member);
  if (found === undefined) {
    return member === lastMember ? endOf(source) : document.place;
  }
  const items = found.value.kind === 'list' ? (found.value.list(found.key) ?? []) : [];
  return items[item]?.place ?? found.keyPlace;
}

/** What is missing in a file that was cut short is missing there. */
function endOf({ name, text }: SourceText): Place {
  const lines = text.trimEnd().split('\n');
  return { file: name, line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

/** podid writes it last. */
const lastMember = 'readFrom';

/**
 * An export as podid writes it, or why it is none: it is applied to a cluster, so that nothing of it is guessed.
 *
 * @param sha256 of a text, in hex
 */
export function readTakeoverExport(json: unknown, sha256: (text: string) => string): Read<TakeoverExport> {
  if (!isRecord(json) || json['apiVersion'] !== fileApiVersion || json['kind'] !== takeoverFileKind) {
    return {
      kind: 'fault',
      why: `it is not apiVersion ${fileApiVersion} and kind ${takeoverFileKind}`,
      member: 'kind',
    };
  }
  if (json[lastMember] === undefined) {
    return { kind: 'fault', why: `it ends before ${lastMember}, and so it is not whole`, member: lastMember };
  }
  const cluster = recordAt(json, 'cluster');
  const [subscription, resourceGroup, name] = ['subscription', 'resourceGroup', 'name'].map(
    (key) => stringAt(cluster, key) ?? '',
  ) as [string, string, string];
  const clusterUid = stringAt(json, 'clusterUid') ?? '';
  const readFrom = stringAt(json, 'readFrom') ?? '';
  if (isBroken(resourceGroupRule, resourceGroup) || isBroken(clusterNameRule, name) || clusterUid === '') {
    return {
      kind: 'fault',
      why: 'it does not name its cluster',
      member: clusterUid === '' ? 'clusterUid' : 'cluster',
    };
  }
  const objects = readHeldObjects(textOf(json['objects']));
  if (typeof objects === 'string') {
    return { kind: 'fault', why: `objects: ${objects}`, member: 'objects' };
  }
  if (readFrom !== `sha256:${sha256(holdText(objects))}`) {
    return { kind: 'fault', why: 'its objects are not those of readFrom', member: lastMember };
  }
  const identities = readList(json, 'identities', readIdentity);
  const exceptions = readList(json, 'exceptions', readException);
  const machines = readList(json, 'machines', readMachine);
  if (identities.kind === 'fault') {
    return identities;
  }
  if (exceptions.kind === 'fault') {
    return exceptions;
  }
  if (machines.kind === 'fault') {
    return machines;
  }
  const before = json['before'] === undefined ? undefined : readBefore(json['before']);
  if (before === null) {
    const why = 'what it says of the time before the takeover is not written as podid writes it';
    return { kind: 'fault', why, member: 'before' };
  }
  const value: TakeoverExport = {
    apiVersion: fileApiVersion,
    kind: takeoverFileKind,
    cluster: { subscription, resourceGroup, name },
    clusterUid,
    identities: identities.value,
    exceptions: exceptions.value,
    allowNetworkPluginKubenet: json['allowNetworkPluginKubenet'] === true,
    objects,
    marks: Object.fromEntries(Object.entries(recordAt(json, 'marks')).map(readMarks)),
    machines: machines.value,
    ...(before === undefined ? {} : { before }),
    readFrom,
  };
  return { kind: 'read', value };
}

/** Every one of a list, or which of them is not written as podid writes it. */
function readList<T extends object>(
  json: JsonRecord,
  member: string,
  read: (item: JsonRecord) => T | undefined,
): Read<readonly T[]> {
  const list = json[member];
  if (!Array.isArray(list)) {
    return { kind: 'fault', why: `${member} is not a list`, member };
  }
  const items = list.map((item: unknown) => (isRecord(item) ? read(item) : undefined));
  const item = items.indexOf(undefined);
  return item < 0
    ? { kind: 'read', value: items.filter((each) => each !== undefined) }
    : { kind: 'fault', why: `this is not written as podid writes its ${member}`, member, item };
}

/** As `holdText` writes it, whatever the order of members of a file that somebody has looked at. */
function textOf(objects: unknown): string {
  const record = isRecord(objects) ? objects : {};
  const text = (value: unknown): string => {
    if (Array.isArray(value)) {
      return `[${value.map(text).join(',')}]`;
    }
    if (isRecord(value)) {
      const members = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
      return `{${members.map(([key, each]) => `${JSON.stringify(key)}:${text(each)}`).join(',')}}`;
    }
    return JSON.stringify(value) ?? 'null';
  };
  return text(record);
}

function readIdentity(entry: JsonRecord): TakeoverExport['identities'][number] | undefined {
  const [name, namespace, identityResourceId, bindingSelector] = [
    'name',
    'namespace',
    'identityResourceId',
    'bindingSelector',
  ].map((key) => stringAt(entry, key) ?? '') as [string, string, string, string];
  const isFine =
    !isBroken(identityNameRule, name) &&
    !isBroken(namespaceRule, namespace) &&
    !isBroken(managedIdentityIdRule, identityResourceId) &&
    !isBroken(bindingSelectorRule, bindingSelector);
  return isFine ? { name, namespace, identityResourceId, bindingSelector } : undefined;
}

function readException(entry: JsonRecord): TakeoverExport['exceptions'][number] | undefined {
  const [name, namespace] = [stringAt(entry, 'name') ?? '', stringAt(entry, 'namespace') ?? ''];
  const podLabels = stringMapAt(entry, 'podLabels') ?? {};
  const labels = Object.entries(podLabels);
  const isFine =
    !isBroken(exceptionNameRule, name) &&
    !isBroken(namespaceRule, namespace) &&
    labels.length > 0 &&
    labels.every(([key, value]) => !isBroken(labelKeyRule, key) && !isBroken(labelValueRule, value));
  return isFine ? { name, namespace, podLabels } : undefined;
}

function readMachine(entry: JsonRecord): ExportedMachine | undefined {
  const resource = stringAt(entry, 'resource') ?? '';
  const identities = Array.isArray(entry['identities']) ? entry['identities'] : [];
  const isFine =
    /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Compute\/[^/]+\/[^/]+$/i.test(
      resource,
    ) && identities.every((id) => typeof id === 'string' && !isBroken(managedIdentityIdRule, id));
  return isFine ? { resource, identities: identities as string[] } : undefined;
}

/** Null where it is none: a rollback takes the agent away, or leaves it, by what stands here. */
function readBefore(json: unknown): StoodBefore | null {
  const { addon, agent } = isRecord(json) ? json : {};
  const sources = isRecord(json) && isRecord(json['sources']) ? Object.entries(json['sources']) : undefined;
  const read = sources?.flatMap(([entry, text]) => {
    const source = tokenSources.find((each) => each === text);
    return source === undefined ? [] : [[entry, source] as const];
  });
  return typeof addon === 'boolean' && typeof agent === 'boolean' && read?.length === sources?.length && read
    ? { addon, agent, sources: Object.fromEntries(read) }
    : null;
}

/** What agents go by is no mark: it stands with the object, under the hash. */
function readMarks([name, marks]: [string, unknown]): [string, TakeoverExport['marks'][string]] {
  const [labels, annotations] = ['labels', 'annotations'].map(
    (key) => stringMapAt(isRecord(marks) ? marks : {}, key) ?? {},
  ) as [Record<string, string>, Record<string, string>];
  const others = Object.entries(annotations).filter(([key]) => !isKeptAnnotation(key));
  return [name, { labels, annotations: Object.fromEntries(others) }];
}

function isBroken(rule: Rule, text: string): boolean {
  return rule(text) !== undefined;
}
