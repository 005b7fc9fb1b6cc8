import { describe, expect, it } from 'vitest';
import { driftText, findDrift } from '../../../src/domain/entries/drift.ts';
import { podIdentity } from '../../workflows/fake-azure.ts';

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

  it('reports for each field what both sides hold, and whose the objects are', () => {
    const [drift] = findDrift(profile, {
      identities: [{ ...facts, bindingSelector: 'x', clientId: 'gone', writer: 'AKS' }],
      exceptions: [],
    });
    expect(drift).toMatchObject({
      state: 'differs',
      writer: 'AKS',
      fields: [
        { field: 'bindingSelector', arm: 'web', cluster: 'x' },
        { field: 'clientId', arm: 'client-web', cluster: 'gone' },
      ],
    });
    expect(drift && driftText(drift)).toBe(
      'bindingSelector is "x" in the cluster, "web" in Azure; clientId is "gone" in the cluster, "client-web" in Azure, written by AKS',
    );
    expect(drift?.cluster).not.toHaveProperty('writer');
  });

  it.each([
    ['secret', '1'],
    ['certificate', '2'],
    [undefined, 'unknown'],
  ] as const)(
    'is no missing object where an AzureIdentity has become a service principal by %s',
    (signsInBy, type) => {
      const secret = { namespace: 'shop', name: 's' };
      const signIn = signsInBy === undefined ? {} : { signIn: { signsInBy, tenantId: 't', secret } };
      const principal = { namespace: 'shop', name: 'web', bindingSelector: 'web', ...signIn };
      const [drift, ...others] = findDrift(profile, {
        identities: [],
        exceptions: [],
        servicePrincipals: [principal],
      });
      expect(others).toEqual([]);
      expect(drift).toMatchObject({ state: 'differs', fields: [{ field: 'type', arm: '0', cluster: type }] });
      expect(drift && driftText(drift)).toBe(`type is "${type}" in the cluster, "0" in Azure`);
      expect(drift?.cluster).toEqual(principal);
    },
  );

  it('distinguishes pending from missing where the namespaces are known', () => {
    const states = (namespaces?: readonly string[]) =>
      findDrift(profile, { identities: [], exceptions: [], ...(namespaces ? { namespaces } : {}) }).map(
        ({ state }) => state,
      );
    expect([states(), states(['shop']), states(['default'])]).toEqual([
      ['missing'],
      ['missing'],
      ['pending'],
    ]);
  });

  it('names the labels of an exception one by one', () => {
    const arm = { namespace: 'shop', name: 'a', podLabels: { app: 'a', tier: 'db' } };
    const [drift] = findDrift(
      { ...profile, identities: [], exceptions: [arm] },
      { identities: [], exceptions: [{ ...arm, podLabels: { app: 'b', constructor: 'c' } }] },
    );
    expect(drift?.fields).toEqual([
      { field: 'podLabels.app', arm: 'a', cluster: 'b' },
      { field: 'podLabels.constructor', arm: null, cluster: 'c' },
      { field: 'podLabels.tier', arm: 'db', cluster: null },
    ]);
  });
});
