import type { AgentInstallation } from '../../domain/kubernetes/agent-installation.ts';
import { identityApi } from '../../domain/kubernetes/identity-resources.ts';
import type { ListedKind, WholeObject } from '../../domain/support/support-cluster.ts';

/** What podid's install and its chart write, and upstream's chart too, whatever the release is called. */
export const ownLabels = 'app.kubernetes.io/component in (nmi,mic)';

/** The kinds of those objects; a Secret is never among what is read. */
export const podidKinds: readonly ListedKind[] = [
  kindOf('apps/v1', 'DaemonSet'),
  kindOf('apps/v1', 'Deployment'),
  kindOf('v1', 'Service'),
  kindOf('v1', 'ServiceAccount'),
  kindOf('policy/v1', 'PodDisruptionBudget'),
  kindOf('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies'),
  kindOf('cilium.io/v2', 'CiliumLocalRedirectPolicy', 'ciliumlocalredirectpolicies'),
  kindOf('monitoring.coreos.com/v1', 'PodMonitor'),
  kindOf('monitoring.coreos.com/v1', 'ServiceMonitor'),
  kindOf('monitoring.coreos.com/v1', 'PrometheusRule'),
  kindOf('rbac.authorization.k8s.io/v1', 'Role'),
  kindOf('rbac.authorization.k8s.io/v1', 'RoleBinding'),
  kindOf('rbac.authorization.k8s.io/v1', 'ClusterRole'),
  kindOf('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding'),
  kindOf('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy', 'validatingadmissionpolicies'),
  kindOf('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicyBinding'),
];

const identityVersion = `${identityApi.group}/${identityApi.version}`;

export const identityKinds: readonly ListedKind[] = [
  kindOf(identityVersion, 'AzureIdentity', 'azureidentities'),
  kindOf(identityVersion, 'AzureIdentityBinding'),
  kindOf(identityVersion, 'AzurePodIdentityException'),
  kindOf(identityVersion, 'AzureAssignedIdentity', 'azureassignedidentities'),
];

export const definitionKind = kindOf('apiextensions.k8s.io/v1', 'CustomResourceDefinition');
export const configMapKind = kindOf('v1', 'ConfigMap');
export const podKind = kindOf('v1', 'Pod');
export const nodeKind = kindOf('v1', 'Node');
export const eventKind = kindOf('v1', 'Event');

function kindOf(apiVersion: string, kind: string, plural = `${kind.toLowerCase()}s`): ListedKind {
  return { apiVersion, kind, plural };
}

/** Of an Event: whether it is of an agent, of one of its pods, or of its controller. */
export function isOfAgents(event: WholeObject, installations: readonly AgentInstallation[]): boolean {
  const name = String(memberAt(event, 'involvedObject', 'name') ?? '');
  const owners = [...installations.map((each) => each.name), 'podid-mic', 'mic'];
  return owners.some((owner) => name === owner || name.startsWith(`${owner}-`));
}

/** What an agent's coming and going and its rules depend on. */
export function nodeFacts(node: WholeObject): WholeObject {
  const metadata = memberAt(node, 'metadata') ?? {};
  return {
    name: memberAt(metadata, 'name'),
    labels: memberAt(metadata, 'labels'),
    creationTimestamp: memberAt(metadata, 'creationTimestamp'),
    providerID: memberAt(node, 'spec', 'providerID'),
    podCIDRs: memberAt(node, 'spec', 'podCIDRs'),
    unschedulable: memberAt(node, 'spec', 'unschedulable'),
    taints: memberAt(node, 'spec', 'taints'),
    addresses: memberAt(node, 'status', 'addresses'),
    conditions: memberAt(node, 'status', 'conditions'),
    nodeInfo: memberAt(node, 'status', 'nodeInfo'),
  };
}

/** Of an object whose shape nobody has checked. */
export function memberAt(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (found, key) => (typeof found === 'object' && found !== null ? Reflect.get(found, key) : undefined),
    value,
  );
}
