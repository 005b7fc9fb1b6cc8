import type { Context } from '../../src/cli/run/context.ts';
import type { KubeObject } from '../../src/emulator/kube/objects/kube-object.ts';
import { type EmulatedPodid, emulatedPodid } from './emulated-podid.ts';

/** Deployment demo/web as it is in the world, with an account of its own. */
function giveAccount({ emulator: { kube } }: EmulatedPodid): void {
  const web = kube.get('deployments', 'demo', 'web');
  if (web === undefined) {
    throw new Error('The scenario has Deployment demo/web.');
  }
  const spec = web.spec as { template: { metadata: object; spec: object } };
  const template = { ...spec.template, spec: { ...spec.template.spec, serviceAccountName: 'web' } };
  kube.seed({ ...web, spec: { ...spec, template } });
  kube.seed({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: 'demo', name: 'web' } });
}

/** The pod of Deployment demo/web as what it would be: owned through a ReplicaSet. */
export function givePodOwner({ emulator: { kube } }: EmulatedPodid): void {
  const web = kube.get('deployments', 'demo', 'web');
  const pod = kube.get('pods', 'demo', 'web-1');
  if (web === undefined || pod === undefined) {
    throw new Error('The scenario has Deployment demo/web and its pod.');
  }
  const spec = web.spec as object;
  const own = { apiVersion: 'apps/v1', controller: true };
  kube.seed({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      namespace: 'demo',
      name: 'web-5c9d',
      ownerReferences: [{ ...own, kind: 'Deployment', name: 'web', uid: web.metadata.uid }],
    } as KubeObject['metadata'],
    spec,
  });
  const set = kube.get('replicasets', 'demo', 'web-5c9d');
  const ownerReferences = [{ ...own, kind: 'ReplicaSet', name: 'web-5c9d', uid: set?.metadata.uid }];
  kube.seed({ ...pod, metadata: { ...pod.metadata, ownerReferences } as KubeObject['metadata'] });
}

/** What is to be typed by hand, behind what is to be proved before. */
export function lastCommand(next = ''): string {
  return next.split('; then: ').at(-1) ?? '';
}

/** @param scenario `in-use`: issuer and webhook are off */
export async function ownedWorld(
  own: Partial<Context> = {},
  scenario: 'oidc-issuer' | 'in-use' = 'oidc-issuer',
): Promise<EmulatedPodid> {
  const podid = await emulatedPodid({ scenario }, {}, own);
  giveAccount(podid);
  givePodOwner(podid);
  return podid;
}
