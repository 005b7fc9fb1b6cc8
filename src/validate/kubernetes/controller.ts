import type { EntryKey } from '../../domain/entries/pod-identity.ts';
import {
  type AssignmentEvent,
  type ControllerLock,
  type ControllerPod,
  type ControllerProgram,
  upstreamLockPlace,
} from '../../domain/standard-mode/controller.ts';
import { isRecord, type JsonRecord, recordAt, recordsAt, stringAt } from '../json-record.ts';
import { flagIn, wordsOf } from './agent-installation.ts';

/*
 * What the controllers of standard mode leave in a cluster. Tolerant, as the parsers of its siblings are.
 */

/** A Lease of coordination.k8s.io. Times are RFC 3339, as written. */
export interface LeaseSpec {
  readonly holder: string;
  readonly durationSeconds: number;
  readonly renewTime: string;
  readonly acquireTime: string;
  readonly transitions: number;
}

export function parseLeaseSpec(json: unknown): LeaseSpec {
  const spec = recordAt(isRecord(json) ? json : {}, 'spec');
  return {
    holder: stringAt(spec, 'holderIdentity') ?? '',
    durationSeconds: numberAt(spec, 'leaseDurationSeconds', 15),
    renewTime: stringAt(spec, 'renewTime') ?? '',
    acquireTime: stringAt(spec, 'acquireTime') ?? '',
    transitions: numberAt(spec, 'leaseTransitions', 0),
  };
}

/** client-go keeps the record of an election on an Endpoints object under this annotation. */
const electionAnnotation = 'control-plane.alpha.kubernetes.io/leader';

/** Undefined where nobody has ever held a lock there. */
export function parseElectionRecord(
  json: unknown,
): Pick<LeaseSpec, 'holder' | 'durationSeconds' | 'renewTime'> | undefined {
  const annotations = recordAt(recordAt(isRecord(json) ? json : {}, 'metadata'), 'annotations');
  const record = parseJson(stringAt(annotations, electionAnnotation) ?? '');
  return isRecord(record)
    ? {
        holder: stringAt(record, 'holderIdentity') ?? '',
        renewTime: stringAt(record, 'renewTime') ?? '',
        durationSeconds: numberAt(record, 'leaseDurationSeconds', 15),
      }
    : undefined;
}

/** @param place for people: `lease kube-system/podid-mic` */
export function controllerLock(
  program: ControllerProgram,
  place: string,
  { holder, durationSeconds, renewTime }: Pick<LeaseSpec, 'holder' | 'durationSeconds' | 'renewTime'>,
): ControllerLock {
  return { program, place, holder, durationSeconds, renewedMs: Date.parse(renewTime) || 0 };
}

export function parseControllerPod(json: unknown): ControllerPod | undefined {
  const object = isRecord(json) ? json : {};
  const key = keyOf(recordAt(object, 'metadata'));
  if (key === undefined) {
    return undefined;
  }
  const containers = recordsAt(recordAt(object, 'spec'), 'containers');
  const serving = containers.find((container) => wordsOf(container).some(isOfController));
  const words = containers.flatMap(wordsOf);
  const isPodid = (serving === undefined ? [] : wordsOf(serving)).some((word) => word.includes('podid-mic'));
  const typed = flagIn(words, 'forceNamespaced');
  const program = isPodid ? 'podid-mic' : 'aad-pod-identity';
  return {
    ...key,
    program,
    ready: recordsAt(recordAt(object, 'status'), 'conditions').some(
      (condition) => condition['type'] === 'Ready' && condition['status'] === 'True',
    ),
    upstreamLock: {
      namespace: flagIn(words, 'leader-election-namespace') ?? upstreamLockPlace.namespace,
      name: flagIn(words, 'leader-election-name') ?? upstreamLockPlace.name,
    },
    forceNamespaced: isForced(program, typed, variableOf(serving ?? containers[0] ?? {})),
  };
}

function isOfController(word: string): boolean {
  return /(?:^|\/)(?:podid-)?mic(?:\.js)?$/.test(word);
}

/** podid-mic confines unless it is told not to, upstream's where one of the two says so. */
function isForced(
  program: ControllerProgram,
  typed: string | undefined,
  variable: string | undefined,
): boolean {
  const saysYes = (typed !== undefined && !isFalse(typed)) || variable === 'true';
  if (program === 'aad-pod-identity') {
    return saysYes;
  }
  return saysYes || variable?.toLowerCase() === 'true' || (typed === undefined && !isFalse(variable));
}

function isFalse(text: string | undefined): boolean {
  return text?.toLowerCase() === 'false';
}

function variableOf(container: JsonRecord): string | undefined {
  const found = recordsAt(container, 'env').find(({ name }) => name === 'FORCENAMESPACED');
  return found && stringAt(found, 'value');
}

export function parseAssignmentEvent(json: unknown): AssignmentEvent | undefined {
  const object = isRecord(json) ? json : {};
  const about = recordAt(object, 'involvedObject');
  const key = keyOf(about);
  // Upstream's MIC writes `v1.AzureIdentityBinding`.
  const kind = stringAt(about, 'kind')?.replace(/^v1\./, '');
  if (key === undefined || (kind !== 'Pod' && kind !== 'AzureIdentityBinding')) {
    return undefined;
  }
  const last = stringAt(object, 'lastTimestamp') ?? stringAt(object, 'eventTime') ?? '';
  return { ...key, kind, message: stringAt(object, 'message') ?? '', lastMs: Date.parse(last) || 0 };
}

function keyOf(metadata: JsonRecord): EntryKey | undefined {
  const [namespace, name] = [stringAt(metadata, 'namespace'), stringAt(metadata, 'name')];
  return namespace && name ? { namespace, name } : undefined;
}

function numberAt(record: JsonRecord, key: string, otherwise: number): number {
  const value = record[key];
  return typeof value === 'number' ? value : otherwise;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
