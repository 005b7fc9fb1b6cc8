// Results of commands, in each of their shapes, to try --query on. Loaded where there is a query.
import type { ClusterIdentities } from '../../domain/clusters/cluster-identities.ts';
import type { Drift } from '../../domain/entries/drift.ts';
import type { PodIdentity, PodIdentityException } from '../../domain/entries/pod-identity.ts';
import { command } from '../../errors/hint.ts';
import { applyView } from './apply-result.ts';
import { clusterView } from './cluster-result.ts';
import { doctorView } from './doctor-result.ts';
import { shownEntryView } from './entry-record.ts';
import { planView } from './finish.ts';
import { initView } from './init-result.ts';
import { exceptionView, identityView } from './result-shapes.ts';
import { statusView } from './status-result.ts';

const group = '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg';
const entry: PodIdentity = {
  name: 'web',
  namespace: 'demo',
  bindingSelector: 'web',
  identity: {
    resourceId: `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web`,
    clientId: '00000000-0000-4000-8000-000000000002',
    objectId: '00000000-0000-4000-8000-000000000003',
  },
  provisioningState: 'Assigned',
};
const exampleException: PodIdentityException = {
  name: 'web',
  namespace: 'demo',
  podLabels: { app: 'web' },
};

const failed = { ...entry, provisioningState: 'Failed', error: { code: 'Code', message: 'Message' } };
const principal: PodIdentity = {
  ...entry,
  servicePrincipal: {
    signsInBy: 'secret',
    tenantId: '00000000-0000-4000-8000-000000000004',
    auxiliaryTenantIds: ['00000000-0000-4000-8000-000000000005'],
    secret: { namespace: 'demo', name: 'web' },
  },
};
const exampleEntries: readonly PodIdentity[] = [
  entry,
  failed,
  principal,
  { ...entry, moreSelectors: ['front'], podCount: 1 },
];
const entries = exampleEntries.map(identityView);
const excepted = [exceptionView(exampleException)];
export const plans = ['add', 'update', 'delete'].map((action) => {
  const change = { kind: 'identity', namespace: 'demo', name: 'web' } as const;
  const before = action === 'add' ? null : entry;
  const after = action === 'delete' ? null : entry;
  return planView({
    changes: [{ ...change, action: action as 'add' | 'update' | 'delete', before, after }],
    puts: 1,
    onlyInCluster: [{ kind: 'identity', name: 'web', namespace: 'demo' }],
  });
});

const seen = {
  objects: [{ kind: 'AzureIdentity' as const, namespace: 'demo', name: 'web' }],
  pods: [{ name: 'web-1', phase: 'Running', node: 'node' }],
};
export const shownIdentity = [...entries, shownEntryView({ ...failed, seen })];
export const identities = [entries];
export const identityChange = [...entries, ...plans];
export const identityDelete = [...entries, null, entries, [], ...plans];
export const exception = excepted;
export const exceptions = [excepted];
export const exceptionChange = [...excepted, ...plans];
export const exceptionDelete = [...excepted, null, ...plans];

const identityId = entry.identity.resourceId;
const guid = '00000000-0000-4000-8000-000000000002';

const off = { enabled: false, allowNetworkPluginKubenet: false };
const on = { ...off, enabled: true };
const status = statusView({
  ...on,
  networkPlugin: 'azure',
  clusterIdentity: { type: 'SystemAssigned', principalId: guid },
  identities: 1,
  exceptions: 1,
  limit: 200,
  provisioningState: 'Succeeded',
  eTag: 'etag',
});
const addonPlan = planView({
  changes: [{ action: 'update', kind: 'addon', namespace: null, name: null, before: off, after: on }],
  puts: 1,
});
/** Of `enable` and `disable`. */
export const addonChange = [status, addonPlan, ...plans];

const changed = { action: 'update', kind: 'identity', namespace: 'demo', name: 'web' } as const;
export const applied = [
  ...exampleEntries.map((entry) =>
    applyView({
      changes: [{ ...changed, before: entry, after: entry }],
      identities: [entry],
      exceptions: [exampleException],
    }),
  ),
  ...plans,
];

const object = { kind: 'AzureIdentity', namespace: 'demo', name: 'web', action: 'create', reason: 'reason' };
const drift: Drift = {
  kind: 'identity',
  namespace: 'demo',
  name: 'web',
  state: 'differs',
  writer: 'AKS',
  fields: [{ field: 'bindingSelector', arm: 'web', cluster: 'front' }],
  arm: exampleEntries[0],
  cluster: exampleEntries[0],
};
export const mirrored = [
  { objects: [object] },
  { objects: [object], changes: [changed], puts: 0, drift: [drift] },
];

const cluster: ClusterIdentities = {
  id: `${group}/providers/Microsoft.ContainerService/managedClusters/demo`,
  location: 'westeurope',
  kubernetesVersion: '1.33.5',
  nodeResourceGroup: 'MC_demo-rg_demo_westeurope',
  networkPlugin: 'azure',
  identity: { type: 'UserAssigned', resourceId: identityId, principalId: guid, tenantId: guid },
  kubeletIdentity: { resourceId: identityId, clientId: guid, objectId: guid },
  servicePrincipalClientId: guid,
  addonIdentities: [{ addon: 'omsagent', resourceId: identityId, clientId: guid }],
  operatorRole: [{ namespace: 'demo', name: 'web', granted: true, scope: identityId }],
};
export const clusterChange = [
  clusterView(cluster),
  planView({
    changes: [
      { action: 'update', kind: 'cluster', namespace: null, name: 'demo', before: cluster, after: cluster },
    ],
    puts: 1,
  }),
];

/** Of `policy kubenet`: with `--apply`, and without. */
export const policy = [
  { objects: [{ kind: 'ValidatingAdmissionPolicy', name: 'podid', action: 'create', reason: 'reason' }] },
  {
    apiVersion: 'v1',
    kind: 'List',
    items: [{ apiVersion: 'v1', kind: 'Kind', metadata: { name: 'podid' } }],
  },
];

const check = { name: 'sign-in', result: 'pass', message: 'message', hint: command('podid status') } as const;
export const diagnosed = [
  doctorView({ checks: [check], fixed: [{ check: 'objects', message: 'message' }] }, false),
];

const toTry = { cloud: undefined, version: '0.1.0', image: 'image' };
export const initiated = [
  ...exampleEntries.map((entry) =>
    initView(
      {
        entry,
        commands: [command('podid status')],
        checks: [check],
      },
      toTry,
    ),
  ),
  ...plans,
];
