import { describe, expect, it } from 'vitest';
import type { WantedEntries } from '../../../src/domain/entries/pod-identities-file.ts';
import { parsePodIdentitiesFiles } from '../../../src/validate/files/pod-identities-file.ts';
import { faultsOf } from '../faults-of.ts';

const scope = '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg/providers';
const webId = `${scope}/Microsoft.ManagedIdentity/userAssignedIdentities/web`;
const profile = {
  allowNetworkPluginKubenet: null,
  enabled: true,
  userAssignedIdentities: [
    {
      bindingSelector: null,
      identity: { clientId: 'c', objectId: 'o', resourceId: webId },
      name: 'web',
      namespace: 'shop',
      provisioningInfo: null,
      provisioningState: 'Assigned',
    },
  ],
  userAssignedIdentityExceptions: [
    { name: 'legacy', namespace: 'shop', podLabels: { app: 'x' } },
    { name: 'aks-addon-exception', namespace: 'kube-system', podLabels: { a: 'b' } },
  ],
};
const cluster = {
  id: `${scope}/Microsoft.ContainerService/managedClusters/demo`,
  kind: 'Base',
  name: 'demo',
  location: 'westeurope',
};
const where = {
  cluster: { subscription: '00000000-0000-4000-8000-000000000001', resourceGroup: 'demo-rg', name: 'demo' },
};
const entries = {
  identities: [{ name: 'web', namespace: 'shop', identityResourceId: webId }],
  exceptions: [{ name: 'legacy', namespace: 'shop', podLabels: { app: 'x' } }],
};

function parse(json: unknown) {
  const warnings: string[] = [];
  let wanted: WantedEntries = {};
  const faults = faultsOf((found) => {
    wanted = parsePodIdentitiesFiles(
      [{ name: 'aks.json', text: JSON.stringify(json, null, 2) }],
      found,
      (text) => warnings.push(text),
    );
  });
  return { wanted, warnings, faults };
}

describe('what Azure says of a cluster', () => {
  it.each([
    ['az aks show', { ...cluster, podIdentityProfile: profile }, { ...where, ...entries }],
    ['ARM', { ...cluster, properties: { podIdentityProfile: profile } }, { ...where, ...entries }],
    ['a resource of a template', { name: 'demo', properties: { podIdentityProfile: profile } }, entries],
    ['the profile alone', profile, entries],
    ['the profile under its name', { podIdentityProfile: profile }, entries],
    [
      'a profile without exceptions',
      { userAssignedIdentities: profile.userAssignedIdentities },
      { identities: entries.identities },
    ],
    [
      'a profile whose lists are null',
      { enabled: true, userAssignedIdentities: null, userAssignedIdentityExceptions: null },
      { identities: [], exceptions: [] },
    ],
  ])('may be %s', (_what, json, wanted) => {
    expect(parse(json)).toEqual({ wanted, warnings: [], faults: [] });
  });

  it.each([
    [
      'an add-on that is off',
      { ...cluster, podIdentityProfile: null },
      'aks.json:1:1: there is no pod identity and no exception in this cluster: its add-on is off.',
    ],
    ['an add-on that says so', { ...cluster, podIdentityProfile: { enabled: false } }, 'its add-on is off'],
    [
      'an identity without id',
      { userAssignedIdentities: [{ name: 'web', namespace: 'shop' }] },
      'aks.json:3:5: "" is not the id of a managed identity',
    ],
    ['a list that is none', { userAssignedIdentities: {} }, 'userAssignedIdentities has to be a list'],
  ])('is refused with %s', (_what, json, fault) => {
    expect(parse(json).faults).toEqual([expect.stringContaining(fault)]);
  });
});
