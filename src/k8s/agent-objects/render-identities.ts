import type { AgentIdentity } from '../../domain/kubernetes/agent-values.ts';
import { behaviorAnnotation, identityApi } from '../../domain/kubernetes/identity-resources.ts';
import type { KubeObject } from '../../domain/kubernetes/kube-object.ts';
import type { Rendering } from './agent-names.ts';

const apiVersion = `${identityApi.group}/${identityApi.version}`;

/** The exception that AKS leaves behind too, and the identities that the values name. */
export function renderIdentities(rendering: Rendering): readonly KubeObject[] {
  const { labels, values } = rendering;
  return [
    {
      apiVersion,
      kind: 'AzurePodIdentityException',
      metadata: { name: 'aks-addon-exception', namespace: 'kube-system', labels },
      spec: { podLabels: { 'kubernetes.azure.com/managedby': 'aks' } },
    },
    ...values.azureIdentities.flatMap((identity) => renderIdentity(rendering, identity)),
  ];
}

function renderIdentity({ labels, release }: Rendering, identity: AgentIdentity): KubeObject[] {
  const { name, binding, type } = identity;
  const namespace = identity.namespace || release.namespace;
  const { resourceID, clientID, tenantID, auxiliaryTenantIDs, adEndpoint, clientPassword } = identity;
  const texts = { resourceID, clientID, tenantID, adEndpoint };
  const given = Object.entries({ ...texts, auxiliaryTenantIDs, clientPassword });
  const annotations = { [behaviorAnnotation]: 'namespaced' };
  return [
    {
      apiVersion,
      kind: 'AzureIdentity',
      metadata: { name, namespace, labels, annotations },
      spec: { type, ...Object.fromEntries(given.filter(([, value]) => !isEmpty(value))) },
    },
    ...(binding === undefined
      ? []
      : [
          {
            apiVersion,
            kind: 'AzureIdentityBinding',
            metadata: { name: binding.name, namespace, labels },
            spec: { azureIdentity: name, selector: binding.selector },
          },
        ]),
  ];
}

function isEmpty(value: string | object): boolean {
  return typeof value === 'string' ? value === '' : Object.keys(value).length === 0;
}
