import type { ImdsIdentity } from '../../src/emulator/imds/imds-identity.ts';

const apiVersion = 'aadpodidentity.k8s.io/v1';

export function azureIdentity(namespace: string, name: string, identity: ImdsIdentity): object {
  const { clientId, resourceId } = identity;
  return {
    apiVersion,
    kind: 'AzureIdentity',
    metadata: { name, namespace },
    spec: { type: 0, clientID: clientId, resourceID: resourceId },
  };
}

export function binding(namespace: string, name: string, selector: string): object {
  return {
    apiVersion,
    kind: 'AzureIdentityBinding',
    metadata: { name: `${name}-binding`, namespace },
    spec: { azureIdentity: name, selector },
  };
}

export function exception(namespace: string, name: string, podLabels: Record<string, string>): object {
  return {
    apiVersion,
    kind: 'AzurePodIdentityException',
    metadata: { name, namespace },
    spec: { podLabels },
  };
}

export function namespaceObject(name: string): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}
