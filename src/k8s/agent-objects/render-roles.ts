import { guardRules } from '../../domain/exchange/exchange-roles.ts';
import { identityApi } from '../../domain/kubernetes/identity-resources.ts';
import type { KubeObject } from '../../domain/kubernetes/kube-object.ts';
import { takeoverName } from '../../domain/takeover/hold.ts';
import { actsAsNode, guardedAgent, makesTokens } from '../exchange/render-exchange-guard.ts';
import type { Rendering } from './agent-names.ts';

export const rbac = 'rbac.authorization.k8s.io';

/** The account and what it may do: as little as the values allow. */
export function renderRoles(rendering: Rendering): readonly KubeObject[] {
  const { values, release, agent, labels } = rendering;
  const pull = values.imagePullSecrets.length > 0 ? { imagePullSecrets: values.imagePullSecrets } : {};
  const account: KubeObject = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: agent, namespace: release.namespace, labels },
    automountServiceAccountToken: false,
    ...pull,
  };
  return [
    account,
    ...(values.rbac.enabled ? agentRoles(rendering) : []),
    ...(values.rbac.createUserFacingClusterRoles ? userRoles(rendering) : []),
  ];
}

function agentRoles(rendering: Rendering): KubeObject[] {
  const { values, release, agent, labels } = rendering;
  const { secretNamespaces, eventNamespaces, startupTaint } = values.podid;
  const secrets = values.rbac.allowAccessToSecrets === true;
  const rules = [
    ...(values.podid.exchange.podsOfOwnNode ? [] : [rule('', ['pods'], ['list', 'watch'])]),
    rule(
      identityApi.group,
      ['azureidentities', 'azureidentitybindings', 'azurepodidentityexceptions'],
      ['list', 'watch'],
    ),
    ...(values.mode === 'standard'
      ? [rule(identityApi.group, ['azureassignedidentities'], ['list', 'watch'])]
      : []),
    ...(secrets && secretNamespaces.length === 0 ? [rule('', ['secrets'], ['get'])] : []),
    // What of a node may be changed with this is confined by a ValidatingAdmissionPolicy.
    ...(startupTaint.enabled ? [rule('', ['nodes'], ['get', 'patch'])] : []),
    ...(makesTokens(rendering) ? guardRules(guardedAgent(rendering), actsAsNode(rendering)) : []),
  ];
  const binding = bindingTo(rendering);
  const grant = (metadata: { name: string; namespace: string }, granted: object): KubeObject[] => [
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata: { ...metadata, labels }, rules: [granted] },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: { ...metadata, labels },
      ...binding('Role', metadata.name),
    },
  ];
  return [
    { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name: agent, labels }, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: agent, labels },
      ...binding('ClusterRole', agent),
    },
    ...(values.mode === 'managed'
      ? grant(
          { name: `${agent}-takeover`, namespace: release.namespace },
          { ...rule('', ['configmaps'], ['get']), resourceNames: [takeoverName] },
        )
      : []),
    ...(secrets ? secretNamespaces : []).flatMap((namespace) =>
      grant({ name: `${agent}-secrets`, namespace }, rule('', ['secrets'], ['get'])),
    ),
    ...eventNamespaces.flatMap((namespace) =>
      grant({ name: `${agent}-events`, namespace }, rule('', ['events'], ['create'])),
    ),
  ];
}

/**
 * The kinds of identities, for whom the cluster lets view, edit and administer namespaces. Exceptions, which give
 * their pods every identity of the node, are written by none of them.
 */
function userRoles({ agent, labels }: Rendering): KubeObject[] {
  const [edit, admin] = [aggregate('edit'), aggregate('admin')];
  const role = (name: string, to: object, rules: readonly unknown[]): KubeObject => ({
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRole',
    metadata: { name: `${agent}-${name}`, labels: { ...labels, ...to } },
    rules,
  });
  const written = ['azureidentities', 'azureidentitybindings'];
  const changes = ['create', 'delete', 'deletecollection', 'patch', 'update'];
  return [
    role('view', { ...aggregate('view'), ...edit, ...admin }, [
      rule(
        identityApi.group,
        [...written, 'azurepodidentityexceptions', 'azureassignedidentities'],
        ['get', 'list', 'watch'],
      ),
    ]),
    role('edit', { ...edit, ...admin }, [rule(identityApi.group, written, changes)]),
  ];
}

export function bindingTo({ agent, release }: Rendering) {
  return (kind: string, name: string) => ({
    roleRef: { apiGroup: rbac, kind, name },
    subjects: [{ kind: 'ServiceAccount', name: agent, namespace: release.namespace }],
  });
}

export function rule(group: string, resources: readonly string[], verbs: readonly string[]) {
  return { apiGroups: [group], resources, verbs };
}

function aggregate(role: string): Record<string, string> {
  return { [`${rbac}/aggregate-to-${role}`]: 'true' };
}
