import { describe, expect, it } from 'vitest';
import { emulatedPodid, identityId } from './emulated-podid.ts';

describe('an AzureIdentity with two bindings, on a cluster without the add-on', () => {
  it('is listed and shown with both selectors, with the pods of both, and keeps the second when the first changes', async () => {
    await using podid = await emulatedPodid({ scenario: 'first-time' });
    const key = '--mode cluster --namespace demo --name web';
    await podid.json(`add ${key} --identity-resource-id ${identityId('web')}`);
    const apiVersion = 'aadpodidentity.k8s.io/v1';
    podid.emulator.kube.seed(
      {
        apiVersion,
        kind: 'AzureIdentityBinding',
        metadata: { namespace: 'demo', name: 'by-hand' },
        spec: { azureIdentity: 'web', selector: 'front' },
      },
      'kubectl',
    );
    for (const label of ['web', 'front', 'other']) {
      podid.emulator.kube.seed({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { namespace: 'demo', name: `${label}-1`, labels: { aadpodidbinding: label } },
        spec: { nodeName: 'n', containers: [{ name: 'a', image: 'b' }] },
        status: { phase: 'Running' },
      });
    }
    expect(await podid.json('list --mode cluster --query [].[bindingSelector,moreSelectors]')).toEqual([
      ['web', ['front']],
    ]);
    expect((await podid.run('list --mode cluster -o table')).stdout).toMatch(/^web +demo +web, front /m);
    const { stdout } = await podid.run(`show ${key} --pods -o table`);
    expect(stdout).toMatch(/^label +aadpodidbinding=web or aadpodidbinding=front$/m);
    expect([stdout.includes('web-1'), stdout.includes('front-1'), stdout.includes('other-1')]).toEqual([
      ...[true, true, false],
    ]);
    expect(await podid.json(`update ${key} --binding-selector back`)).toMatchObject({
      bindingSelector: 'back',
      moreSelectors: ['front'],
    });
    expect(
      await podid.json(`add ${key} --binding-selector back --identity-resource-id ${identityId('web')}`),
    ).toMatchObject({
      provisioningState: 'Assigned',
    });
  });
});
