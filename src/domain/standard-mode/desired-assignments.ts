import { machineOfNode } from '../azure/machines.ts';
import { managedIdentityType } from '../azure/resource-id.ts';
import { isWrittenId } from '../azure/written-id.ts';
import { fitAssignment, type IdentityIndex } from '../kubernetes/decide/binding-fit.ts';
import { bindingLabelOf } from '../kubernetes/decide/pod-decision.ts';
import type { AzureIdentity, AzureIdentityBinding } from '../kubernetes/identity-resources.ts';
import type { Pod } from '../kubernetes/pod.ts';
import { TurnQueue } from './turn-queue.ts';

/** A pod, as far as its assignments need it. */
export type MicPod = Pick<Pod, 'uid' | 'namespace' | 'name' | 'labels' | 'nodeName' | 'phase'>;

/** An identity of Azure: its id as somebody wrote it, and the key by which ids are compared. */
export interface AzureResource {
  readonly id: string;
  /** The id in lower case. */
  readonly key: string;
}

/** One pod shall have one identity. */
export interface Assignment {
  /** `podNamespace/pod/identityNamespace/identity`. */
  readonly key: string;
  readonly pod: MicPod;
  readonly binding: AzureIdentityBinding;
  readonly identity: AzureIdentity;
  /** What the machine has to carry. Absent for service principals, which need nothing there. */
  readonly resource?: AzureResource;
  /** The scale set or virtual machine, in lower case. Absent while the node names none. */
  readonly machineId?: string;
}

/** Why a pod does not get an identity that it asks for. */
export interface Refusal {
  readonly code:
    | 'no-binding'
    | 'identity-missing'
    | 'identity-malformed'
    | 'too-many'
    | 'not-scheduled'
    | 'node-unknown'
    | 'node-without-machine'
    | 'machine-outside';
  /** A sentence for an Event. */
  readonly message: string;
}

export interface PodWants {
  readonly assignments: readonly Assignment[];
  /** Identities that stay where they are, because the pod is yet to be scheduled; keys of resources. */
  readonly keeps: readonly string[];
  readonly refusals: readonly Refusal[];
}

/** What the decision reads of the cluster. */
export interface DecisionFacts {
  /** By namespace, then name. */
  bindingsWith(selector: string): readonly AzureIdentityBinding[];
  readonly identities: IdentityIndex;
  /** `spec.providerID` of a node; empty while it has none, undefined for a node that is not known. */
  providerIdOf(node: string): string | undefined;
  readonly forceNamespaced: boolean;
  /** Whether machines of this resource group may be changed. @param machineId in lower case */
  mayChange(machineId: string): boolean;
}

const nothing: PodWants = { assignments: [], keeps: [], refusals: [] };

/** Which identities a pod shall have, where, and why not. */
export function wantsOfPod(pod: MicPod, facts: DecisionFacts): PodWants {
  const label = bindingLabelOf(pod);
  if (label === '' || isEnded(pod)) {
    return nothing;
  }
  const { bound, refusals } = boundIdentities(pod, label, facts);
  if (pod.nodeName === '') {
    const keeps = bound.flatMap(({ resource }) => resource?.key ?? []);
    return { assignments: [], keeps, refusals };
  }
  const machine = machineOf(pod.nodeName, facts);
  const assignments = bound.map((one): Assignment => {
    const { namespace, name } = one.identity.metadata;
    return {
      key: `${pod.namespace}/${pod.name}/${namespace}/${name}`,
      pod,
      ...one,
      ...(typeof machine === 'string' ? { machineId: machine } : {}),
    };
  });
  const needsMachine = assignments.some(({ resource }) => resource !== undefined);
  return {
    assignments,
    keeps: [],
    refusals: typeof machine === 'string' || !needsMachine ? refusals : [...refusals, machine],
  };
}

/** Terminal pods never ask for a token again. */
export function isEnded({ phase }: Pick<MicPod, 'phase'>): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

type Bound = Pick<Assignment, 'binding' | 'identity' | 'resource'>;

/** Whoever binds more to a pod would have as many objects written for each of its pods; Azure takes 150 with a change. */
export const mostOfPod = 100;

/** One for each identity; of several bindings to the same the first counts. */
function boundIdentities(pod: MicPod, label: string, facts: DecisionFacts) {
  const bound = new Map<AzureIdentity, Bound>();
  const refusals: Refusal[] = [];
  for (const binding of inTurns(facts.bindingsWith(label), pod)) {
    if (bound.size + refusals.length >= mostOfPod) {
      refusals.push(tooMany(pod));
      break;
    }
    const fit = fitAssignment(pod, label, binding, facts);
    if (fit.kind === 'identity-missing') {
      refusals.push(missingIdentity(binding));
    } else if (fit.kind === 'fits' && !bound.has(fit.identity)) {
      const resource = resourceOf(fit.identity);
      if (resource === 'malformed') {
        refusals.push(malformed(fit.identity));
      } else {
        const { identity } = fit;
        bound.set(identity, { binding, identity, ...(resource === undefined ? {} : { resource }) });
      }
    }
  }
  if (bound.size === 0 && refusals.length === 0) {
    refusals.push({
      code: 'no-binding',
      message: `No AzureIdentityBinding with selector ${label} applies to pods of namespace ${pod.namespace}.`,
    });
  }
  return { bound: [...bound.values()], refusals };
}

/**
 * Where there are more than a pod can have, those of its own namespace come first, and then one of each other
 * namespace in turn: whoever binds hundreds of identities to the pods of others takes no place of theirs.
 */
function inTurns(
  bindings: readonly AzureIdentityBinding[],
  { namespace }: Pick<MicPod, 'namespace'>,
): readonly AzureIdentityBinding[] {
  if (bindings.length <= mostOfPod) {
    return bindings;
  }
  const own = bindings.filter(({ metadata }) => metadata.namespace === namespace);
  const turns = new TurnQueue<AzureIdentityBinding>();
  for (const binding of bindings) {
    if (binding.metadata.namespace !== namespace) {
      turns.push(binding.metadata.namespace, binding);
    }
  }
  const others: AzureIdentityBinding[] = [];
  for (let next = turns.shift(); next !== undefined; next = turns.shift()) {
    others.push(next);
  }
  return [...own, ...others];
}

function tooMany({ namespace }: Pick<MicPod, 'namespace'>): Refusal {
  return {
    code: 'too-many',
    message: `More than ${mostOfPod} AzureIdentityBindings apply to the pod; podid takes ${mostOfPod} of them, those of namespace ${namespace} first.`,
  };
}

/** Undefined for a service principal. */
function resourceOf({ spec }: AzureIdentity): AzureResource | undefined | 'malformed' {
  const { type = 0, resourceID = '' } = spec;
  if (type === 1 || type === 2) {
    return undefined;
  }
  const isWhole =
    type === 0 &&
    resourceID.length <= longestId &&
    isWrittenId(resourceID, managedIdentityType) &&
    !lowersToAscii.test(resourceID);
  return isWhole ? { id: resourceID, key: resourceID.toLowerCase() } : 'malformed';
}

/** Signs that are another letter in lower case, and would give the id the key of another one: Kelvin, and I with a dot. */
const lowersToAscii = /[\u0130\u212a]/;

/**
 * Azure's names are 90 characters for a group and 128 for an identity at most. The ledger of all machines has room for
 * some thousands of such ids.
 */
const longestId = 400;

function missingIdentity({ metadata, spec }: AzureIdentityBinding): Refusal {
  const { namespace, name } = metadata;
  const what = spec.azureIdentity
    ? `names AzureIdentity ${spec.azureIdentity}, which namespace ${namespace} does not have`
    : 'names no AzureIdentity';
  return { code: 'identity-missing', message: `AzureIdentityBinding ${namespace}/${name} ${what}.` };
}

function malformed({ metadata, spec }: AzureIdentity): Refusal {
  const what =
    (spec.type ?? 0) === 0
      ? 'has no resourceID of the form /subscriptions/S/resourceGroups/G/providers/Microsoft.ManagedIdentity/userAssignedIdentities/NAME'
      : `has type ${spec.type}, which is not 0, 1 or 2`;
  return {
    code: 'identity-malformed',
    message: `AzureIdentity ${metadata.namespace}/${metadata.name} ${what}.`,
  };
}

/** The id of the machine in lower case, by the node's whole providerID and never by its name. */
function machineOf(node: string, facts: DecisionFacts): string | Refusal {
  const providerId = facts.providerIdOf(node);
  if (providerId === undefined) {
    return { code: 'node-unknown', message: `Node ${node} is not known yet.` };
  }
  const machineId = machineOfNode(providerId)?.toLowerCase();
  if (machineId === undefined) {
    const message = `Node ${node} has no providerID of a machine in Azure${providerId === '' ? ' yet' : ` (${providerId})`}.`;
    return { code: 'node-without-machine', message };
  }
  return facts.mayChange(machineId)
    ? machineId
    : {
        code: 'machine-outside',
        message: `Node ${node} is in a resource group that --node-resource-groups does not name.`,
      };
}
