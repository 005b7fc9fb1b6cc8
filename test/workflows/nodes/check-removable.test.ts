import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../src/errors/error-catalog.ts';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { refuseStillBound } from '../../../src/workflows/nodes/check-removable.ts';
import { clusterWith, identityId } from '../fake-azure.ts';

const signal = new AbortController().signal;
const bound = { namespace: 'shop', name: 'web', bindingSelector: 'web' };

function refuse(object: object, found: string | ErrorCode) {
  const get = async () => {
    if (!found.startsWith('client-')) {
      throw new PodidError(found as ErrorCode, 'Not to be read.');
    }
    return { clientId: found };
  };
  const deps = {
    azure: { identities: { get } },
    kube: { objects: async () => ({ read: async () => ({ identities: [object], exceptions: [] }) }) },
    report: { progress: () => undefined, note: () => undefined, warn: () => undefined },
  };
  const cluster = clusterWith({}, { enabled: false });
  return refuseStillBound(deps as never, cluster, [identityId('web')], signal);
}

describe('an identity on nodes', () => {
  it.each<[string, object, string]>([
    ['a binding names it', { ...bound, resourceId: identityId('web') }, 'Forbidden'],
    ['a binding names its client id alone', { ...bound, clientId: 'Client-Web' }, 'client-web'],
    ['a client id alone may be its own, and it may not be read', { ...bound, clientId: 'c' }, 'Forbidden'],
    ['the same, as Azure is still making it', { ...bound, clientId: 'c' }, 'IdentityIncomplete'],
  ])('is needed while %s', async (_, object, found) => {
    await expect(refuse(object, found)).rejects.toMatchObject({ code: 'IdentityInUse', target: 'shop/web' });
  });

  it.each<[string, object, string]>([
    ['another is named', { ...bound, resourceId: identityId('other') }, 'Forbidden'],
    ['another client id is named', { ...bound, clientId: 'client-other' }, 'client-web'],
    ['it is gone in Azure', { ...bound, clientId: 'c' }, 'IdentityNotFound'],
    ['nothing is bound', { namespace: 'shop', name: 'web', clientId: 'c' }, 'Forbidden'],
  ])('is not where %s', async (_, object, found) => {
    await expect(refuse(object, found)).resolves.toBeUndefined();
  });
});
