import { describe, expect, it } from 'vitest';
import { findDrift } from '../../src/domain/drift.ts';
import { podIdentity } from '../workflows/fake-azure.ts';

describe('the drift between ARM and the cluster', () => {
  const web = podIdentity('web');
  const facts = {
    namespace: 'shop',
    name: 'web',
    bindingSelector: 'web',
    resourceId: web.identity.resourceId.toUpperCase(),
    clientId: 'CLIENT-web',
  };
  const profile = { enabled: true, allowNetworkPluginKubenet: false, identities: [web], exceptions: [] };
  const addonsOwn = {
    namespace: 'kube-system',
    name: 'aks-addon-exception',
    podLabels: { 'kubernetes.azure.com/managedby': 'aks' },
  };

  it('is nothing when both hold the same, case of ids aside', () => {
    expect(findDrift(profile, { identities: [facts], exceptions: [addonsOwn] })).toEqual([]);
  });

  it('names what one side lacks, and what differs', () => {
    const extra = { namespace: 'shop', name: 'extra', podLabels: { a: 'b' } };
    const drift = findDrift(profile, {
      identities: [{ ...facts, bindingSelector: 'x' }],
      exceptions: [extra],
    });
    expect(drift.map(({ kind, name, arm, cluster }) => [kind, name, arm !== null, cluster !== null])).toEqual(
      [
        ['identity', 'web', true, true],
        ['exception', 'extra', false, true],
      ],
    );
  });
});
