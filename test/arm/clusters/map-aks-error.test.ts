import { describe, expect, it } from 'vitest';
import { addonHint, identityNamedIn, mapAksError } from '../../../src/arm/clusters/map-aks-error.ts';
import { hintText } from '../../hint-text.ts';

const cluster = { subscriptionId: 's-1', resourceGroup: 'rg (old)', name: 'web' };

const where = "-g 'rg (old)' -c web --subscription s-1";

describe("the hint of an add-on's refusal", () => {
  it.each([
    [
      'PodIdentityAddonIdentitiesAssignmentError',
      `podid doctor ${where} --fix  # grants roles that are missing and removes entries whose managed identity is gone, each after asking`,
    ],
    ['PodIdentityAddonFeatureFlagNotEnabled', `podid enable ${where} --register-feature`],
    [
      'PodIdentityAddonWithKubeNetNotAllowed',
      `podid enable ${where} --register-feature --enable-pod-identity-with-kubenet`,
    ],
    ['PodIdentityAddonWithKubeNetNeedsConsent', `podid enable ${where} --enable-pod-identity-with-kubenet`],
    [
      'PodIdentityAddonUserAssignedIdentitiesNotAllowedInCreation',
      `Wait until the cluster is created (podid wait ${where} --for idle), then add.`,
    ],
    [
      'ReconcilePodIdentityAddonError',
      `Look at what is there (podid status ${where}), then run the same command again.`,
    ],
  ])('can be pasted into a shell, from a PUT and from an operation: %s', (code, hint) => {
    const said = { code, message: 'no' };
    const fault = { status: 400, ...said, innermost: said, isOtherManagers: false };
    expect(String(mapAksError(fault, cluster, [])?.hint)).toBe(hint);
    expect(String(addonHint(code, cluster))).toBe(hint);
  });

  it('waits for the cluster by its own name while another operation runs', () => {
    const said = { code: 'OperationNotAllowed', message: 'busy' };
    const fault = { status: 409, ...said, innermost: said, isOtherManagers: false };
    expect(mapAksError(fault, cluster, [])).toMatchObject({
      code: 'ClusterBusy',
      hint: hintText(`podid wait ${where} --for idle`),
    });
  });
});

describe('the identity that an assignment error names', () => {
  const reference = (name: string) => ({
    resourceId: `/x/${name}`,
    clientId: `client-${name}`,
    objectId: '',
  });
  const both = [reference('web'), reference('web2')];
  it.each([
    ["no right on '/x/web'", '/x/web'],
    ['no right on /X/WEB2.', '/x/web2'],
    ['client-web lacks it', '/x/web'],
    ['/x/web and /x/web2', undefined],
    ['/x/web3', undefined],
    ['nothing', undefined],
  ])('in %j is %s', (message, expected) => {
    expect(identityNamedIn(message, both)).toBe(expected);
  });
});
