import { describe, expect, it } from 'vitest';
import { exchangeRoles } from '../../../src/domain/exchange/exchange-roles.ts';
import type { AzureIdentity } from '../../../src/domain/kubernetes/identity-resources.ts';
import { type KubeObject, refOf, refText } from '../../../src/domain/kubernetes/kube-object.ts';
import type { KubeRest } from '../../../src/k8s/client/kube-rest.ts';
import { exchangeCluster } from '../../../src/k8s/exchange/exchange-cluster.ts';
import { page, refused, scriptedRest, signal } from '../scripted-rest.ts';

const account = { namespace: 'kube-system', name: 'podid-nmi' };
const asked = { audience: 'api://AzureADTokenExchange', seconds: 600 };
const jwt = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
const web: AzureIdentity = { metadata: { namespace: 'shop', name: 'web', uid: 'uid-1' }, spec: {} };

describe('a token of a service account', () => {
  it('is asked for with its audience and its life, and told by its issuer', async () => {
    const token = jwt({ iss: 'https://issuer/' });
    const { rest, asked: requests } = scriptedRest([{ body: { status: { token } } }]);
    const made = await exchangeCluster(rest).accountToken(account, asked, signal);
    expect(made).toEqual({ token, issuer: 'https://issuer/' });
    expect(requests).toMatchObject([
      {
        method: 'POST',
        path: '/api/v1/namespaces/kube-system/serviceaccounts/podid-nmi/token',
        body: { kind: 'TokenRequest', spec: { audiences: [asked.audience], expirationSeconds: 600 } },
      },
    ]);
  });

  it('takes a right, which is named with the way to check it', async () => {
    const { rest } = scriptedRest([refused(403, 'Forbidden')]);
    const error = await exchangeCluster(rest)
      .accountToken(account, asked, signal)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'Forbidden',
      message: expect.stringContaining('serviceaccounts/token'),
    });
    expect(String((error as { hint?: unknown }).hint)).toBe(
      'kubectl auth can-i create serviceaccounts/token -n kube-system',
    );
  });

  it('is not made for an account that is not there, nor by what is no API server', async () => {
    const { rest } = scriptedRest([refused(404, 'NotFound', { kind: 'serviceaccounts' }), { body: {} }]);
    const cluster = exchangeCluster(rest);
    await expect(cluster.accountToken(account, asked, signal)).rejects.toMatchObject({
      code: 'AgentRefused',
    });
    await expect(cluster.accountToken(account, asked, signal)).rejects.toMatchObject({
      code: 'ClusterUnreachable',
    });
  });
});

describe('the subjects of a cluster', () => {
  it('are those of all its accounts', async () => {
    const { rest } = scriptedRest([
      page([{ metadata: { namespace: 'a', name: 'x' } }], 'more'),
      page([{ metadata: { namespace: 'b', name: 'y' } }]),
    ]);
    expect([...(await exchangeCluster(rest).subjects(signal))]).toEqual([
      'system:serviceaccount:a:x',
      'system:serviceaccount:b:y',
    ]);
  });
});

describe('the source of tokens', () => {
  it('is written as two annotations of that very object, and by a field manager of its own', async () => {
    const { rest, asked: requests } = scriptedRest([{ body: {} }]);
    const cluster = exchangeCluster(rest);
    await cluster.setTokenSource(web, { name: 'exchange', tenantId: 'tenant-1' }, signal);
    await cluster.setTokenSource(web, { name: 'imds' }, signal);
    expect(requests).toMatchObject([
      {
        method: 'PATCH',
        path: '/apis/aadpodidentity.k8s.io/v1/namespaces/shop/azureidentities/web',
        query: { fieldManager: 'podid-exchange' },
        body: {
          metadata: {
            uid: 'uid-1',
            annotations: { 'podid.io/token-source': 'exchange', 'podid.io/tenant-id': 'tenant-1' },
          },
        },
      },
      { body: { metadata: { uid: 'uid-1', annotations: { 'podid.io/token-source': 'imds' } } } },
    ]);
  });

  it.each([404, 409, 422])('is not written on an object that was made anew (%s)', async (status) => {
    const { rest } = scriptedRest([refused(status, 'Conflict')]);
    await expect(exchangeCluster(rest).setTokenSource(web, { name: 'imds' }, signal)).rejects.toMatchObject({
      code: 'StaleCluster',
      message: expect.stringContaining('The server says'),
    });
  });

  it('takes a right', async () => {
    const { rest } = scriptedRest([refused(403, 'Forbidden')]);
    await expect(exchangeCluster(rest).setTokenSource(web, { name: 'imds' }, signal)).rejects.toMatchObject({
      code: 'Forbidden',
      message: expect.stringContaining('patch azureidentities'),
    });
  });
});

describe('what the agent may make tokens of', () => {
  const grantsOf = (objects: readonly KubeObject[]) => {
    const rest: KubeRest = async ({ path }) => {
      const wanted = path.endsWith('/rolebindings') ? 'RoleBinding' : 'Role';
      return page(objects.filter(({ kind }) => kind === wanted));
    };
    return exchangeCluster(rest).grants(account, signal);
  };

  it.each(['own', 'node'] as const)('is nothing where one of its objects is missing (%s)', async (right) => {
    const whole = exchangeRoles({ account, audience: asked.audience }, 'shop', ['web'], right);
    expect(await grantsOf(whole)).toEqual([{ namespace: 'shop', accounts: ['web'], rights: [right] }]);
    for (const missing of whole) {
      const left = whole.filter((each) => each !== missing);
      expect(await grantsOf(left), refText(refOf(missing))).toEqual([
        { namespace: 'shop', accounts: [], rights: [] },
      ]);
    }
    expect(await grantsOf([])).toEqual([]);
  });
});
