import type { PodIdentity, PodIdentityException } from '../../domain/entries/pod-identity.ts';
import { planView } from './finish.ts';
import { exceptionView, identityView } from './result-shapes.ts';

const group = '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg';
const identity: PodIdentity = {
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
const exception: PodIdentityException = { name: 'web', namespace: 'demo', podLabels: { app: 'web' } };

const failed = { ...identity, provisioningState: 'Failed', error: { code: 'Code', message: 'Message' } };
const identities = [identityView(identity), identityView(failed)];
const exceptions = [exceptionView(exception)];
const plans = ['add', 'update', 'delete'].map((action) => {
  const change = { kind: 'identity', namespace: 'demo', name: 'web' } as const;
  const before = action === 'add' ? null : identity;
  const after = action === 'delete' ? null : identity;
  return planView({
    changes: [{ ...change, action: action as 'add' | 'update' | 'delete', before, after }],
    puts: 1,
    onlyInCluster: [{ kind: 'identity', name: 'web', namespace: 'demo' }],
  });
});

/** Results of the commands about pod identities and exceptions, in each of their shapes. */
export const resultExamples = {
  identity: identities,
  identities: [identities],
  identityChange: [...identities, ...plans],
  identityDelete: [...identities, null, identities, [], ...plans],
  exception: exceptions,
  exceptions: [exceptions],
  exceptionChange: [...exceptions, ...plans],
  exceptionDelete: [...exceptions, null, ...plans],
};
