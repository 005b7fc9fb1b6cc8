import type { KubeObject } from './objects/kube-object.ts';
import type { KubeStore } from './objects/kube-store.ts';

/** By which AKS knows its own objects. */
const labels = { 'kubernetes.azure.com/managedby': 'aks' };
const manager = 'aks';
const apiVersion = 'aadpodidentity.k8s.io/v1';

/**
 * Brings the exception that AKS puts into a cluster whose add-on is switched on, and takes it away with the add-on.
 * One of the same name that somebody else wrote stays as it is.
 * @param isAddonOn undefined where that is not decided
 */
export function keepAddonException(store: KubeStore, isAddonOn: boolean | undefined): void {
  const exception: KubeObject = {
    apiVersion,
    kind: 'AzurePodIdentityException',
    metadata: { namespace: 'kube-system', name: 'aks-addon-exception', labels },
    spec: { podLabels: labels },
  };
  const kind = store.kinds().find((each) => each.kind === exception.kind);
  const { namespace = '', name } = exception.metadata;
  const found = kind && store.find(kind, namespace, name);
  if (kind !== undefined && found === undefined && isAddonOn === true && store.hasNamespace(namespace)) {
    store.seed(exception, manager);
  } else if (kind !== undefined && found !== undefined && isAddonOn === false && isOfAks(found)) {
    store.drop(kind, namespace, name);
  }
}

function isOfAks({ metadata }: KubeObject): boolean {
  return Object.entries(labels).every(([label, value]) => metadata.labels?.[label] === value);
}

/** An identity and its binding as the add-on of AKS leaves them: its label, and its own field manager. */
export function seedAksIdentity(store: KubeStore, namespace: string, name: string): void {
  const resourceID = `/subscriptions/00000000-0000-0000-0000-000000000001/resourcegroups/aks/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
  const clientID = '00000000-0000-0000-0000-0000000000aa';
  store.seed(
    {
      apiVersion,
      kind: 'AzureIdentity',
      metadata: { namespace, name, labels },
      spec: { type: 0, resourceID, clientID },
    },
    manager,
  );
  store.seed(
    {
      apiVersion,
      kind: 'AzureIdentityBinding',
      metadata: { namespace, name: `${name}-binding`, labels },
      spec: { azureIdentity: name, selector: name },
    },
    manager,
  );
}
