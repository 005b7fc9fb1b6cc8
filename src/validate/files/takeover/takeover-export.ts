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
import { isRecord, type JsonRecord, recordAt, recordsAt, stringAt, stringMapAt } from '../../json-record.ts';
import { readHeldObjects } from '../../kubernetes/takeover-hold.ts';
import type { Rule, UsageFaults } from '../../usage-faults.ts';
import { locatedDocuments, type SourceText } from '../located-yaml.ts';

/** Reads the file of `podid takeover plan --out`; undefined, with a fault, where it is none. */
export function parseTakeoverFile(
  source: SourceText,
  sha256: (text: string) => string,
  faults: UsageFaults,
): TakeoverExport | undefined {
  const before = faults.messages.length;
  const documents = locatedDocuments(source, faults);
  if (faults.messages.length > before) {
    return undefined;
  }
  const start = { file: source.name, line: 1, column: 1 };
  const [document] = documents;
  if (document === undefined || documents.length > 1) {
    faults.addAt(start, `it holds ${documents.length} documents; a plan of a takeover is one.`);
    return undefined;
  }
  const read = readTakeoverExport(document.json(), sha256);
  if (typeof read === 'string') {
    faults.addAt(document.place, `${read}; podid takeover plan --out writes it anew.`);
    return undefined;
  }
  return read;
}

/**
 * An export as podid writes it, or why it is none: it is applied to a cluster, so that nothing of it is guessed.
 *
 * @param sha256 of a text, in hex
 */
export function readTakeoverExport(json: unknown, sha256: (text: string) => string): TakeoverExport | string {
  if (!isRecord(json) || json['apiVersion'] !== fileApiVersion || json['kind'] !== takeoverFileKind) {
    return `it is not apiVersion ${fileApiVersion} and kind ${takeoverFileKind}`;
  }
  const cluster = recordAt(json, 'cluster');
  const [subscription, resourceGroup, name] = ['subscription', 'resourceGroup', 'name'].map(
    (key) => stringAt(cluster, key) ?? '',
  ) as [string, string, string];
  const clusterUid = stringAt(json, 'clusterUid') ?? '';
  const readFrom = stringAt(json, 'readFrom') ?? '';
  if (isBroken(resourceGroupRule, resourceGroup) || isBroken(clusterNameRule, name) || clusterUid === '') {
    return 'it does not name its cluster';
  }
  const objects = readHeldObjects(textOf(json['objects']));
  if (typeof objects === 'string') {
    return `objects: ${objects}`;
  }
  if (readFrom !== `sha256:${sha256(holdText(objects))}`) {
    return 'its objects are not those of readFrom';
  }
  const identities = recordsAt(json, 'identities').map(readIdentity);
  const exceptions = recordsAt(json, 'exceptions').map(readException);
  const machines = recordsAt(json, 'machines').map(readMachine);
  const whole = ['identities', 'exceptions', 'machines'].every(
    (key) => Array.isArray(json[key]) && recordsAt(json, key).length === json[key].length,
  );
  if (!whole || [...identities, ...exceptions, ...machines].includes(undefined)) {
    return 'an entry, an exception or a machine of it is not written as podid writes them';
  }
  const before = json['before'] === undefined ? undefined : readBefore(json['before']);
  if (before === null) {
    return 'what it says of the time before the takeover is not written as podid writes it';
  }
  return {
    apiVersion: fileApiVersion,
    kind: takeoverFileKind,
    cluster: { subscription, resourceGroup, name },
    clusterUid,
    identities: identities.filter((each) => each !== undefined),
    exceptions: exceptions.filter((each) => each !== undefined),
    allowNetworkPluginKubenet: json['allowNetworkPluginKubenet'] === true,
    objects,
    marks: Object.fromEntries(Object.entries(recordAt(json, 'marks')).map(readMarks)),
    machines: machines.filter((each) => each !== undefined),
    ...(before === undefined ? {} : { before }),
    readFrom,
  };
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
