import type { JsonObject } from '../exact-json.ts';
import { scaleSet } from './machine-parts.ts';
import { nodeName, nodes } from './nodes.ts';
import { subscriptionId } from './scenario-ids.ts';
import { cluster, demoNamespace, entry, identity, operatorRole, parts } from './scenario-parts.ts';

const web = identity('web', 1);
const webId = String(web['id']);
const webProperties = web['properties'] as JsonObject;
const labels = { app: 'web', aadpodidbinding: 'web' };

/**
 * All is as it should be: an entry, its role, its objects, a pod that uses it, and an agent that gave the pod
 * a token.
 */
export const inUse: JsonObject = parts({
  roleAssignments: [
    operatorRole(web),
    {
      scope: `/subscriptions/${subscriptionId}/resourceGroups/demo-rg`,
      role: 'Key Vault Secrets User',
      principalId: webProperties['principalId'],
    },
  ],
  machines: scaleSet({ pool: 'nodepool1', identityIds: [webId] }),
  clusters: [
    cluster({ podIdentityProfile: { enabled: true, userAssignedIdentities: [entry(web, 'demo')] } }),
  ],
  record: {
    asks: [
      {
        namespace: 'demo',
        name: 'web-1',
        sdk: 'azsdk-python-identity',
        version: '1.15.0',
        chosenBy: 'client-id',
      },
    ],
  },
  kubernetes: [
    demoNamespace,
    ...nodes({
      metrics: agentMetrics(),
      log: `${JSON.stringify({
        level: 'info',
        time: '2026-11-01T08:00:00.000Z',
        kind: 'msi',
        pod: 'demo/web-1',
        identity: 'demo/web',
        resource: 'https://vault.azure.net',
        status: 200,
        from: 'upstream',
        reason: '',
        ms: 12.5,
        msg: 'decided',
      })}\n`,
    }),
    object('AzureIdentity', 'web', {
      type: 0,
      resourceID: webId,
      clientID: webProperties['clientId'],
    }),
    object('AzureIdentityBinding', 'web-binding', { azureIdentity: 'web', selector: 'web' }),
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'demo', labels },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels }, spec: podSpec() },
      },
      status: {
        observedGeneration: 1,
        replicas: 1,
        updatedReplicas: 1,
        readyReplicas: 1,
        availableReplicas: 1,
        conditions: [{ type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable' }],
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web-1', namespace: 'demo', labels },
      spec: { nodeName: nodeName(0), securityContext: {}, ...podSpec() },
      status: {
        phase: 'Running',
        podIP: '10.244.0.10',
        podIPs: [{ ip: '10.244.0.10' }],
        conditions: [{ type: 'Ready', status: 'True' }],
      },
    },
  ],
});

function agentMetrics(): string {
  return [
    'aadpodidentity_imds_operations_duration_seconds_count{operation_type="adal_token_msi_userassignedid"} 1',
    'aadpodidentity_nmi_operations_duration_seconds_count{operation_type="msi",status_code="200",namespace="demo",resource="https://vault.azure.net"} 3',
    '',
  ].join('\n');
}

function podSpec(): JsonObject {
  return { containers: [{ name: 'web', image: 'web:1' }] };
}

function object(kind: string, name: string, spec: JsonObject): JsonObject {
  return {
    apiVersion: 'aadpodidentity.k8s.io/v1',
    kind,
    metadata: { name, namespace: 'demo', labels: { 'app.kubernetes.io/managed-by': 'podid' } },
    spec,
  };
}
