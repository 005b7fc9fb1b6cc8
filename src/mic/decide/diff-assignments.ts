import { isDeepStrictEqual } from 'node:util';
import { keptAnnotationsOf } from '../../domain/exchange/kept-annotations.ts';
import {
  type AzureAssignedIdentity,
  type AzureIdentity,
  assignedAtAnnotation,
  podUidAnnotation,
} from '../../domain/kubernetes/identity-resources.ts';
import type { KubeObject } from '../../domain/kubernetes/kube-object.ts';
import type { LiveAssignment } from '../../domain/kubernetes/live-assignment.ts';
import type { Assignment } from '../../domain/standard-mode/desired-assignments.ts';
import type { AssignmentName } from './name-assignment.ts';
import { renderAssignment, type ShownState } from './render-assignment.ts';

/** One write of an AzureAssignedIdentity. */
export type AssignmentStep =
  | (Told & { readonly kind: 'create'; readonly object: KubeObject })
  /** The whole object again, of the version that was read. */
  | (Told & { readonly kind: 'replace'; readonly object: KubeObject; readonly version: string })
  | (Told & { readonly kind: 'state'; readonly version: string })
  /** Takes the finalizers off first, where there are any. */
  | {
      readonly kind: 'delete';
      readonly at: AssignmentName;
      readonly uid: string;
      readonly hasFinalizers: boolean;
    };

/** What a write says, and of which assignment. */
interface Told {
  readonly at: AssignmentName;
  readonly assignment: Assignment;
  readonly shown: ShownState;
}

export interface WantedAssignment {
  readonly at: AssignmentName;
  readonly assignment: Assignment;
  readonly state: ShownState['state'];
}

/**
 * What has to be written for one pod. Content is compared and no version: a touch of an AzureIdentity that
 * leaves spec and Behavior as they are writes nothing.
 *
 * @param live of this pod's name and namespace, and whatever else has one of the wanted names
 * @param now RFC 3339
 */
export function diffAssignments(
  wanted: readonly WantedAssignment[],
  live: readonly LiveAssignment[],
  now: string,
): AssignmentStep[] {
  const liveByName = new Map(live.map((each) => [nameKey(each.metadata), each]));
  const steps = wanted.flatMap((each): AssignmentStep[] => {
    const found = liveByName.get(nameKey(each.at));
    liveByName.delete(nameKey(each.at));
    return found === undefined ? [create(each, now)] : change(each, found, now);
  });
  const gone = [...liveByName.values()].flatMap(removal);
  return [...gone, ...steps];
}

export function nameKey({ namespace, name }: AssignmentName): string {
  return `${namespace}/${name}`;
}

function create({ at, assignment, state }: WantedAssignment, now: string): AssignmentStep {
  const shown = { state, assignedAt: now };
  return { kind: 'create', at, assignment, shown, object: renderAssignment(at, assignment, shown) };
}

function change(
  { at, assignment, state }: WantedAssignment,
  live: LiveAssignment,
  now: string,
): AssignmentStep[] {
  if (live.beingDeleted) {
    // It goes once the finalizers are off, and is created again then.
    return removal(live);
  }
  const version = live.metadata.resourceVersion ?? '';
  const shown: ShownState = { state, assignedAt: assignedAtOf(live, assignment) ?? now };
  const told = { at, assignment, shown, version };
  if (!hasContent(live, assignment)) {
    return [{ kind: 'replace', ...told, object: renderAssignment(at, assignment, shown) }];
  }
  return stateOf(live) === state ? [] : [{ kind: 'state', ...told }];
}

/** A pod that is replaced, or an identity that is another one now, begins anew. */
function assignedAtOf(live: LiveAssignment, { pod }: Assignment): string | undefined {
  const { annotations = {} } = live.metadata;
  const isSame = stateOf(live) === 'Assigned' && annotations[podUidAnnotation] === pod.uid;
  return isSame ? annotations[assignedAtAnnotation] : undefined;
}

/** `''` was MIC 1.4's only state and stands for an identity that is there. */
export function stateOf({ status }: AzureAssignedIdentity): string {
  return status?.status || 'Assigned';
}

function hasContent(live: LiveAssignment, { pod, binding, identity }: Assignment): boolean {
  const { spec, metadata } = live;
  const bindingRef = spec.azureBindingRef;
  return (
    live.finalizers.length === 0 &&
    spec.pod === pod.name &&
    spec.podNamespace === pod.namespace &&
    spec.nodename === pod.nodeName &&
    metadata.labels?.['nodename'] === pod.nodeName &&
    metadata.annotations?.[podUidAnnotation] === pod.uid &&
    bindingRef?.metadata.name === binding.metadata.name &&
    bindingRef.metadata.namespace === binding.metadata.namespace &&
    isDeepStrictEqual(bindingRef.spec, binding.spec) &&
    spec.azureIdentityRef !== undefined &&
    isSameIdentity(spec.azureIdentityRef, identity)
  );
}

/** In all that an NMI reads of it. An absent type is type 0. */
export function isSameIdentity(one: AzureIdentity, other: AzureIdentity): boolean {
  return (
    one.metadata.name === other.metadata.name &&
    one.metadata.namespace === other.metadata.namespace &&
    isDeepStrictEqual(keptAnnotationsOf(one.metadata), keptAnnotationsOf(other.metadata)) &&
    isDeepStrictEqual(comparable(one), comparable(other))
  );
}

/** Upstream leaves type 0 out, and writes an empty `clientPassword`. */
function comparable({ spec }: AzureIdentity) {
  const { clientPassword, ...rest } = spec;
  const names = { name: clientPassword?.name ?? '', namespace: clientPassword?.namespace ?? '' };
  return { ...rest, type: spec.type ?? 0, clientPassword: names };
}

function removal({ metadata, finalizers, beingDeleted }: LiveAssignment): AssignmentStep[] {
  const hasFinalizers = finalizers.length > 0;
  if (beingDeleted && !hasFinalizers) {
    return [];
  }
  const { namespace, name, uid = '' } = metadata;
  return [{ kind: 'delete', at: { namespace, name }, uid, hasFinalizers }];
}
