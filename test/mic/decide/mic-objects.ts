import type {
  AzureIdentity,
  AzureIdentityBinding,
} from '../../../src/domain/kubernetes/identity-resources.ts';
import type { LiveAssignment } from '../../../src/domain/kubernetes/live-assignment.ts';
import type { DecisionFacts, MicPod } from '../../../src/domain/standard-mode/desired-assignments.ts';
import { parseLiveAssignment } from '../../../src/validate/kubernetes/live-assignment.ts';

export function resourceId(name: string, group = 'rg'): string {
  return `/subscriptions/S/resourceGroups/${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
}

export function scaleSetId(name: string, group = 'MC_rg'): string {
  return `/subscriptions/S/resourceGroups/${group}/providers/Microsoft.Compute/virtualMachineScaleSets/${name}`;
}

export function vmId(name: string, group = 'MC_rg'): string {
  return `/subscriptions/S/resourceGroups/${group}/providers/Microsoft.Compute/virtualMachines/${name}`;
}

/** In lower case, as machines and identities are filed. */
export const keyOf = (id: string) => id.toLowerCase();

export function micPod(more: Partial<MicPod> & { readonly label?: string } = {}): MicPod {
  const { label = 'web', ...rest } = more;
  const labels = { aadpodidbinding: label };
  return { uid: 'uid-1', namespace: 'shop', name: 'p1', labels, nodeName: 'n1', phase: 'Running', ...rest };
}

export function identity(
  name: string,
  { spec = {}, namespace = 'shop', behavior }: { spec?: object; namespace?: string; behavior?: string } = {},
): AzureIdentity {
  const annotations = behavior === undefined ? undefined : { 'aadpodidentity.k8s.io/Behavior': behavior };
  return {
    metadata: { name, namespace, uid: `uid-of-${name}`, ...(annotations ? { annotations } : {}) },
    spec: { type: 0, resourceID: resourceId(name), clientID: `client-of-${name}`, ...spec },
  };
}

export function bindingTo(name: string, selector = 'web', namespace = 'shop'): AzureIdentityBinding {
  return {
    metadata: { name: `${name}-binding`, namespace, uid: `uid-of-${name}-binding` },
    spec: { azureIdentity: name, selector },
  };
}

export interface FactParts {
  readonly bindings?: readonly AzureIdentityBinding[];
  readonly identities?: readonly AzureIdentity[];
  /** `providerID` by node. */
  readonly nodes?: Readonly<Record<string, string>>;
  readonly forceNamespaced?: boolean;
  readonly mayChange?: (machineId: string) => boolean;
}

export const nodeOf = (machine: string) => `azure://${machine}`;

export function factsOf(parts: FactParts): DecisionFacts {
  const { bindings = [], identities = [], forceNamespaced = true } = parts;
  const { nodes = { n1: nodeOf(`${scaleSetId('pool1')}/virtualMachines/0`) } } = parts;
  const byName = new Map(
    identities.map((each) => [`${each.metadata.namespace}/${each.metadata.name}`, each]),
  );
  return {
    bindingsWith: (selector) => bindings.filter(({ spec }) => spec.selector === selector),
    identities: byName,
    providerIdOf: (node) => (Object.hasOwn(nodes, node) ? nodes[node] : undefined),
    forceNamespaced,
    mayChange: parts.mayChange ?? (() => true),
  };
}

/** An object as the API server holds it. */
export function liveOf(object: object, more: object = {}): LiveAssignment {
  const json = structuredClone(object) as { metadata: object };
  json.metadata = { uid: 'uid-of-live', resourceVersion: '7', ...json.metadata, ...more };
  const parsed = parseLiveAssignment(json);
  if (parsed === undefined) {
    throw new Error('This is not an AzureAssignedIdentity.');
  }
  return parsed;
}
