import { describe, expect, it } from 'vitest';
import { objectsAsEntries } from '../../../../src/k8s/mirror/read-objects.ts';
import { kubeletIdentity } from '../../../../src/workflows/doctor/checks/kubelet-identity.ts';
import { clusterWith } from '../../fake-azure.ts';
import { evidenceOf } from '../evidence-in-test.ts';

const clientId = '00000000-0000-4000-8000-00000000b0b0';
const resourceId =
  '/subscriptions/s/resourceGroups/MC_demo/providers/Microsoft.ManagedIdentity/userAssignedIdentities/demo-agentpool';
const kubelet = {
  kubeletIdentityResourceId: resourceId,
  kubeletIdentityIds: { clientId, objectId: 'o' },
};

function judged(spec: object, namespace?: string, known: object = kubelet) {
  const identities = [{ metadata: { namespace: 'shop', name: 'web' }, spec }];
  const evidence = evidenceOf({
    pods: [],
    objects: objectsAsEntries({ identities, bindings: [], exceptions: [] }),
    subject: namespace === undefined ? {} : { namespace },
  });
  return kubeletIdentity.judge({
    ...evidence,
    cluster: { kind: 'read', value: { ...clusterWith({}, { enabled: false }), ...known } },
  });
}

describe("the kubelet's identity in an AzureIdentity", () => {
  it.each([
    ['its client id', { clientID: clientId.toUpperCase() }],
    ['its resource id', { resourceID: resourceId.toLowerCase() }],
  ])('is warned of by %s', (_, spec) => {
    const verdict = judged(spec);
    expect(verdict).toMatchObject({
      result: 'warn',
      message: expect.stringContaining("AzureIdentity shop/web names the kubelet's identity"),
    });
    expect(String(verdict.hint)).toContain('podid nmi install');
  });

  it.each([
    ['another identity', { clientID: 'other', resourceID: `${resourceId}-2` }, undefined],
    ['none at all', {}, undefined],
    ['it in another namespace than the one in question', { clientID: clientId }, 'other'],
  ])('is not there where one names %s', (_, spec, namespace) => {
    expect(judged(spec, namespace)).toMatchObject({ result: 'pass' });
  });

  it('cannot be told where Azure does not say which it is, and an empty id is nobody’s', () => {
    const nothing = {
      kubeletIdentityResourceId: undefined,
      kubeletIdentityIds: { clientId: '', objectId: '' },
    };
    expect(judged({ clientID: '' }, undefined, nothing)).toMatchObject({ result: 'skip' });
  });
});
