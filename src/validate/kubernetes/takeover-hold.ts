import type { IdentityResources, ObjectMeta } from '../../domain/kubernetes/identity-resources.ts';
import { ObjectLedger, objectLimits, sizeOfObject } from '../../domain/kubernetes/object-limits.ts';
import {
  type HoldHead,
  holdKeys,
  holdText,
  holdVersion,
  longestHoldMs,
  type TakeoverHold,
  takeoverName,
} from '../../domain/takeover/hold.ts';
import { namespaceRule, objectNameRule } from '../flags/kubernetes-names.ts';
import { isRecord, type JsonRecord, recordAt, recordsAt, stringAt } from '../json-record.ts';
import {
  parseAzureIdentity,
  parseAzureIdentityBinding,
  parseAzurePodIdentityException,
} from './crd-objects.ts';

/** What a ConfigMap of a takeover has agents hold. */
export type ReadHold =
  | { readonly kind: 'hold'; readonly hold: TakeoverHold }
  /** It is for the commands alone. */
  | { readonly kind: 'none' }
  | { readonly kind: 'refused'; readonly reason: string };

export interface HoldReader {
  /** The agent's own. */
  readonly namespace: string;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  /** Of a text, in hex. */
  readonly sha256: (text: string) => string;
}

/** By so much the clock of whoever wrote it may be ahead. */
const skewMs = 5 * 60_000;
/** The API server takes no larger ConfigMap. */
const mostCharacters = 1024 * 1024;

/**
 * All of it or nothing: contents that differ in anything from what podid writes are refused whole, since they say who
 * gets which identity.
 */
export function readHold(configMap: unknown, reader: HoldReader): ReadHold {
  const metadata = isRecord(configMap) ? recordAt(configMap, 'metadata') : {};
  const data = isRecord(configMap) ? recordAt(configMap, 'data') : {};
  const head = stringAt(data, holdKeys.head);
  if (head === undefined || metadata['deletionTimestamp'] !== undefined) {
    return { kind: 'none' };
  }
  const text = stringAt(data, holdKeys.objects) ?? '';
  const read = readHead(head, metadata, reader);
  if (typeof read === 'string') {
    return { kind: 'refused', reason: read };
  }
  if (text.length > mostCharacters || reader.sha256(text) !== read.sha256) {
    return { kind: 'refused', reason: 'the objects are not those of the hash' };
  }
  const resources = readHeldObjects(text);
  if (typeof resources === 'string') {
    return { kind: 'refused', reason: resources };
  }
  return { kind: 'hold', hold: { resources, sha256: read.sha256, untilMs: Date.parse(read.until) } };
}

/** The head, or why it counts for nothing. */
function readHead(text: string, metadata: JsonRecord, { namespace, nowMs }: HoldReader): HoldHead | string {
  const json = parsed(text);
  if (!isRecord(json) || json['version'] !== holdVersion) {
    return `its head is not JSON of version ${holdVersion}`;
  }
  const [cluster, object, from, until, sha256] = ['cluster', 'object', 'from', 'until', 'sha256'].map(
    (key) => stringAt(json, key) ?? '',
  ) as [string, string, string, string, string];
  if (metadata['namespace'] !== namespace || metadata['name'] !== takeoverName) {
    return `it is not ConfigMap ${namespace}/${takeoverName}`;
  }
  if (object === '' || object !== metadata['uid'] || cluster === '') {
    return 'it was written for another object, as a copy or a backup is';
  }
  const [fromMs, untilMs] = [Date.parse(from), Date.parse(until)];
  if (!(fromMs < untilMs && untilMs - fromMs <= longestHoldMs && fromMs <= nowMs + skewMs)) {
    return 'its times are not those of a hold of two hours at most, which has begun';
  }
  if (untilMs <= nowMs) {
    return `it ended at ${new Date(untilMs).toISOString()}`;
  }
  return /^[0-9a-f]{64}$/.test(sha256)
    ? { version: holdVersion, cluster, object, from, until, sha256 }
    : 'its hash is not SHA-256 in hex';
}

/** The objects, or why they count for nothing. What is not to the letter as podid writes it is somebody else's. */
export function readHeldObjects(text: string): IdentityResources | string {
  const json = parsed(text);
  if (!isRecord(json)) {
    return 'its objects are not JSON';
  }
  const resources: IdentityResources = {
    identities: recordsAt(json, 'identities').flatMap((each) => parseAzureIdentity(each) ?? []),
    bindings: recordsAt(json, 'bindings').flatMap((each) => parseAzureIdentityBinding(each) ?? []),
    exceptions: recordsAt(json, 'exceptions').flatMap((each) => parseAzurePodIdentityException(each) ?? []),
  };
  if (holdText(resources) !== text) {
    return 'its objects are not written as podid writes them';
  }
  const fault =
    faultOf('azureidentities', resources.identities) ??
    faultOf('azureidentitybindings', resources.bindings) ??
    faultOf('azurepodidentityexceptions', resources.exceptions);
  return fault ?? resources;
}

type Held = { readonly metadata: ObjectMeta; readonly spec: object };

/** Names are those that the API server takes, each once; and there are no more than agents keep. */
function faultOf(
  kind: 'azureidentities' | 'azureidentitybindings' | 'azurepodidentityexceptions',
  objects: readonly Held[],
): string | undefined {
  const ledger = new ObjectLedger(objectLimits[kind]);
  const seen = new Set<string>();
  for (const object of objects) {
    const { namespace, name } = object.metadata;
    if (namespaceRule(namespace) !== undefined || objectNameRule(name) !== undefined) {
      return `of ${kind} one has a name that no object can have`;
    }
    if (seen.has(`${namespace}/${name}`)) {
      return `${kind} ${namespace}/${name} is in it twice`;
    }
    seen.add(`${namespace}/${name}`);
    const reason = ledger.admit(object.metadata, sizeOfObject(object));
    if (reason !== undefined) {
      return `${kind} ${namespace}/${name} is beyond what an agent keeps (${reason})`;
    }
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
