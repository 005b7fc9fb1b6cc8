import { type JsonObject, listAt, objectAt, textAt } from '../exact-json.ts';
import { oidcIssuer } from './oidc-issuer.ts';
import { tenantId } from './scenario-ids.ts';

const webhookLabels = {
  'azure-workload-identity.io/system': 'true',
  'kubernetes.azure.com/managedby': 'aks',
};

/** Workload Identity's webhook, as AKS runs it with Kubernetes 1.35. */
const webhook: readonly JsonObject[] = [
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'azure-wi-webhook-controller-manager',
      namespace: 'kube-system',
      labels: webhookLabels,
    },
    spec: {
      replicas: 2,
      selector: { matchLabels: webhookLabels },
      template: {
        metadata: { labels: webhookLabels },
        spec: {
          containers: [
            {
              name: 'manager',
              image: 'mcr.microsoft.com/oss/v2/azure/workload-identity/webhook:v1.5.1-6',
            },
          ],
        },
      },
    },
    status: {
      observedGeneration: 1,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
    },
  },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'azure-wi-webhook-config', namespace: 'kube-system' },
    data: { AZURE_ENVIRONMENT: 'AzurePublicCloud', AZURE_TENANT_ID: tenantId },
  },
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'azure-wi-webhook-mutating-webhook-configuration', labels: webhookLabels },
    webhooks: [
      {
        name: 'mutation.azure-workload-identity.io',
        failurePolicy: 'Fail',
        reinvocationPolicy: 'IfNeeded',
        objectSelector: { matchLabels: { 'azure.workload.identity/use': 'true' } },
      },
    ],
  },
];

/** As `oidc-issuer`, in a cluster that makes pods; its workload has a service account of its own. */
export const wayOut: JsonObject = {
  ...oidcIssuer,
  settings: { ...objectAt(oidcIssuer, 'settings'), runsPods: true },
  kubernetes: [
    ...webhook,
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'web', namespace: 'demo' } },
    ...listAt(oidcIssuer, 'kubernetes')
      .filter((one) => textAt(one, 'metadata', 'name') !== 'web-1')
      .map((one) => (textAt(one, 'kind') === 'Deployment' ? withAccount(one) : one)),
  ].toSorted((one, other) => order(one) - order(other)),
};

/** Namespaces first: what is put into one wants it to be there. */
function order(one: JsonObject[string]): number {
  return textAt(one, 'kind') === 'Namespace' ? 0 : 1;
}

function withAccount(deployment: JsonObject[string]): JsonObject {
  const spec = objectAt(deployment, 'spec') ?? {};
  const template = objectAt(spec, 'template') ?? {};
  const { status: _, ...rest } = objectAt(deployment) ?? {};
  return {
    ...rest,
    spec: {
      ...spec,
      replicas: 2,
      template: { ...template, spec: { ...objectAt(template, 'spec'), serviceAccountName: 'web' } },
    },
  };
}
