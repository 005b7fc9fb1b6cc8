// Results of the commands about pod identities and exceptions, in each of their shapes, to try --query on.
// Loaded where there is a query.
import type { PodIdentity, PodIdentityException } from '../../domain/entries/pod-identity.ts';
import { shownEntryView } from './entry-record.ts';
import { planView } from './finish.ts';
import { exceptionView, identityView } from './result-shapes.ts';

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
const one: PodIdentityException = { name: 'web', namespace: 'demo', podLabels: { app: 'web' } };

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
const entries = [
  identityView(entry),
  identityView(failed),
  identityView(principal),
  identityView({ ...entry, moreSelectors: ['front'] }),
];
const excepted = [exceptionView(one)];
const plans = ['add', 'update', 'delete'].map((action) => {
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
