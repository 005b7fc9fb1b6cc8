import { isAddonException } from '../entries/addon-exception.ts';
import { byKey } from '../entries/pod-identities-file.ts';
import type { EntryKey } from '../entries/pod-identity.ts';
import { fitBindings } from '../kubernetes/decide/binding-fit.ts';
import { bindingLabelOf, exceptionOf } from '../kubernetes/decide/pod-decision.ts';
import type { AzureIdentity, AzurePodIdentityException } from '../kubernetes/identity-resources.ts';
import type { ControllerRef } from '../kubernetes/pod.ts';
import { type MigrationFacts, readingOr } from './migration-facts.ts';
import type { PodTemplate, ReadPod, ReadWorkload } from './read-workload.ts';
import type { AskingWorkload } from './seen.ts';

/** What makes pods, at the top of its owners. */
export interface WorkloadGroup extends AskingWorkload {
  /** Its object; absent where nobody could read it, or podid does not know its kind. */
  readonly object?: ReadWorkload;
  /** As an owner names it, where there is no object. */
  readonly apiVersion?: string;
  /** Of its object, else of what it made: at least one. */
  readonly templates: readonly PodTemplate[];
}

/** A workload whose pods get tokens of pod identity. */
export interface BoundWorkload extends WorkloadGroup {
  /** Those that bindings give to its pods, by namespace and name. */
  readonly identities: readonly AzureIdentity[];
  /** Those by which its pods are answered as their node. */
  readonly exceptions: readonly AzurePodIdentityException[];
}

interface Mutable {
  readonly key: EntryKey & { readonly kind: string };
  object?: ReadWorkload;
  apiVersion?: string;
  readonly made: PodTemplate[];
  readonly pods: ReadPod[];
  readonly ended: ReadPod[];
  readonly uids: string[];
}

/**
 * Everything that makes pods, each once, whether it has pods now or none: by the owners of what was read, up to the
 * first that has none. Of an owner that was not read there is its name, and what it made.
 */
export function workloadGroups(facts: Pick<MigrationFacts, 'workloads' | 'pods'>): readonly WorkloadGroup[] {
  const objects = [...facts.workloads.values()].flatMap((reading) => readingOr(reading, []));
  const byUid = uidsOf(objects);
  const groups = new Map<string, Mutable>();
  for (const object of objects) {
    const top = topOf(object, byUid);
    const group = groupAt(groups, top);
    group.uids.push(object.uid);
    if (top.object === object) {
      group.object = object;
    } else if (!object.finished) {
      group.made.push(object.template);
    }
  }
  for (const pod of readingOr(facts.pods, [])) {
    const group = groupAt(groups, topOfPod(pod, byUid));
    if (pod.finished) {
      group.ended.push(pod);
    } else {
      group.pods.push(pod);
      group.made.push(pod.template);
    }
  }
  return [...groups.values()]
    .filter(({ object, made }) => object?.finished !== true && (object !== undefined || made.length > 0))
    .map(toGroup)
    .toSorted(byKindAndKey);
}

/** What stands at the top of the owners of each workload that was read, `Rollout/web`, by the workload's uid. */
export function topWorkloads(workloads: MigrationFacts['workloads']): ReadonlyMap<string, string> {
  const objects = [...workloads.values()].flatMap((reading) => readingOr(reading, []));
  const byUid = uidsOf(objects);
  return new Map(
    [...byUid].map(([uid, object]) => {
      const { kind, name } = topOf(object, byUid);
      return [uid, `${kind}/${name}`];
    }),
  );
}

function uidsOf(objects: readonly ReadWorkload[]): ReadonlyMap<string, ReadWorkload> {
  return new Map(objects.filter(({ uid }) => uid !== '').map((object) => [object.uid, object]));
}

/** Undefined where pods may not be listed: nobody knows then. @param group undefined: there is nothing that makes any */
export function podCount(
  group: WorkloadGroup | undefined,
  { pods }: Pick<MigrationFacts, 'pods'>,
): number | undefined {
  return pods.kind === 'read' ? (group?.pods.length ?? 0) : undefined;
}

/** Those that bindings or exceptions are about. AKS's own exception is AKS's affair. */
export function boundWorkloads(
  groups: readonly WorkloadGroup[],
  facts: Pick<MigrationFacts, 'resources' | 'fitOf'>,
): readonly BoundWorkload[] {
  const { bindings } = facts.resources;
  const exceptions = facts.resources.exceptions.filter(({ metadata }) => !isAddonException(metadata));
  return groups.flatMap((group) => {
    const labelled = [...group.templates, ...group.pods].map(({ labels }) => ({
      namespace: group.namespace,
      labels,
    }));
    const labels = new Set(labelled.map(bindingLabelOf).filter((label) => label !== ''));
    const identities = new Set(
      [...labels].flatMap(
        (label) => fitBindings(bindings, (binding) => facts.fitOf(group.namespace, label, binding)).bound,
      ),
    );
    const excepting = exceptions.filter((each) =>
      labelled.some((pod) => exceptionOf(pod, [each]) !== undefined),
    );
    return identities.size + excepting.length === 0
      ? []
      : [{ ...group, identities: sorted([...identities]), exceptions: sorted(excepting) }];
  });
}

function sorted<Item extends { readonly metadata: EntryKey }>(items: readonly Item[]): readonly Item[] {
  return items.toSorted((one, other) => byKey(one.metadata, other.metadata));
}

type Top = EntryKey & { readonly kind: string; readonly apiVersion?: string; readonly object?: ReadWorkload };

/** So deep owners are followed: a circle of them is an error of others. */
const mostOwners = 8;

function topOf(object: ReadWorkload, byUid: ReadonlyMap<string, ReadWorkload>): Top {
  let top = object;
  for (let climbed = 0; climbed < mostOwners && top.controller !== undefined; climbed += 1) {
    const owner = byUid.get(top.controller.uid);
    if (owner === undefined) {
      return unreadOwner(top.namespace, top.controller);
    }
    top = owner;
  }
  return { kind: top.kind, namespace: top.namespace, name: top.name, object: top };
}

function topOfPod(pod: ReadPod, byUid: ReadonlyMap<string, ReadWorkload>): Top {
  const { namespace, name, controller } = pod;
  if (controller === undefined) {
    return { kind: 'Pod', namespace, name };
  }
  const owner = byUid.get(controller.uid);
  return owner === undefined ? unreadOwner(namespace, controller) : topOf(owner, byUid);
}

function unreadOwner(namespace: string, { apiVersion, kind, name }: ControllerRef): Top {
  return { apiVersion, kind, namespace, name };
}

function groupAt(groups: Map<string, Mutable>, top: Top): Mutable {
  const { kind, namespace, name, apiVersion } = top;
  const id = `${kind} ${namespace}/${name}`;
  const group = groups.get(id) ?? { key: { kind, namespace, name }, made: [], pods: [], ended: [], uids: [] };
  groups.set(id, group);
  if (apiVersion !== undefined) {
    group.apiVersion = apiVersion;
  }
  return group;
}

function toGroup({ key, object, apiVersion, made, pods, ended, uids }: Mutable): WorkloadGroup {
  const templates = object === undefined ? made : [object.template];
  return {
    ...key,
    ...(object === undefined ? {} : { object }),
    ...(apiVersion === undefined ? {} : { apiVersion }),
    templates: templates.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1)),
    pods: pods.toSorted(byKey),
    ended: ended.toSorted(byKey),
    uids: uids.filter((uid) => uid !== '').toSorted(),
  };
}

/** By namespace, kind and name. */
export function byKindAndKey(
  one: EntryKey & { readonly kind: string },
  other: EntryKey & { readonly kind: string },
): number {
  const texts = [one, other].map(({ namespace, kind, name }) => `${namespace}/${kind}/${name}`);
  const [first = '', second = ''] = texts;
  return first === second ? 0 : first < second ? -1 : 1;
}
