import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../src/emulator/kube/objects/kube-object.ts';
import { type ArmClient, withArm } from '../arm/arm-client.ts';
import { agent, askCluster, audience, claimsIn, enableIssuer, requestToken } from './federation-client.ts';

const uidOf = (arm: ArmClient, plural: string, namespace: string, name: string) =>
  arm.emulator.kube.get(plural, namespace, name)?.metadata.uid;

const pod = (name: string, spec: object): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'demo', name },
  spec,
});

describe('a TokenRequest', () => {
  it('is answered with the token, its claims and its end', () =>
    withArm({}, async (arm) => {
      const issuer = await enableIssuer(arm);
      const { status, body } = await requestToken(arm, agent, { expirationSeconds: 600 });
      const uid = uidOf(arm, 'serviceaccounts', 'kube-system', 'podid-nmi');
      expect([status, body.kind, body.apiVersion]).toEqual([201, 'TokenRequest', 'authentication.k8s.io/v1']);
      expect(body.metadata).toMatchObject({ name: 'podid-nmi', namespace: 'kube-system', uid });
      expect(body.spec).toEqual({ audiences: [audience], expirationSeconds: 600, boundObjectRef: null });
      const claims = claimsIn(body.status.token);
      expect(claims).toEqual({
        aud: [audience],
        exp: claims.iat + 600,
        iat: claims.iat,
        nbf: claims.iat,
        iss: issuer,
        jti: expect.stringMatching(/^[\da-f-]{36}$/),
        sub: 'system:serviceaccount:kube-system:podid-nmi',
        'kubernetes.io': { namespace: 'kube-system', serviceaccount: { name: 'podid-nmi', uid } },
      });
      expect(Date.parse(body.status.expirationTimestamp)).toBe(claims.exp * 1000);
      expect(Date.parse(body.metadata.creationTimestamp)).toBe(claims.iat * 1000);
    }));

  it('lives an hour unless it says otherwise, and a day at most, of which a header warns', () =>
    withArm({}, async (arm) => {
      const usual = await requestToken(arm, agent);
      expect([usual.body.spec.expirationSeconds, usual.headers.get('warning')]).toEqual([3600, null]);
      const long = await requestToken(arm, agent, { expirationSeconds: 90_000 });
      expect(long.body.spec.expirationSeconds).toBe(86_400);
      const { iat, exp } = claimsIn(long.body.status.token);
      expect(exp - iat).toBe(86_400);
      expect(long.headers.get('warning')).toBe(
        '299 - "requested expiration of 90000 seconds shortened to 86400 seconds"',
      );
    }));

  it('is for the API server where it names no audience', () =>
    withArm({}, async (arm) => {
      const { body } = await requestToken(arm, agent, { audiences: [] });
      const { aud, iss } = claimsIn(body.status.token);
      expect([aud, body.spec.audiences]).toEqual([[iss], [iss]]);
    }));

  it('works for the account that each namespace has, in a new one too', () =>
    withArm({}, async (arm) => {
      const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'fresh' } };
      await askCluster(arm, '/api/v1/namespaces', { method: 'POST', body: JSON.stringify(namespace) });
      expect((await requestToken(arm, 'fresh/default')).status).toBe(201);
      expect((await requestToken(arm, 'demo/default')).status).toBe(201);
    }));

  it.each([
    ['Pod', 'web', 'demo', 'pods'],
    ['Secret', 'held', 'demo', 'secrets'],
    ['Node', 'aks-nodepool1-12345678-vmss000001', '', 'nodes'],
  ])('is bound to a %s, whose uid the token names', (kind, name, namespace, plural) =>
    withArm({}, async (arm) => {
      const nodeName = 'aks-nodepool1-12345678-vmss000000';
      arm.emulator.kube.seed(pod('web', { nodeName, serviceAccountName: 'default' }));
      arm.emulator.kube.seed({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { namespace: 'demo', name: 'held' },
      });
      const uid = uidOf(arm, plural, namespace, name);
      const boundObjectRef = { apiVersion: 'v1', kind, name, uid };
      const { status, body, text } = await requestToken(arm, 'demo/default', { boundObjectRef });
      expect(status, text).toBe(201);
      expect(body.spec.boundObjectRef).toEqual(boundObjectRef);
      const claims = claimsIn(body.status.token)['kubernetes.io'];
      expect(claims[kind.toLowerCase()]).toEqual({ name, uid });
      const onNode = { name: nodeName, uid: uidOf(arm, 'nodes', '', nodeName) };
      expect(claims.node).toEqual({ Pod: onNode, Secret: undefined, Node: { name, uid } }[kind]);
    }),
  );

  it.each<[string, string, object, object, number, string, string]>([
    ['of no account', 'demo/nobody', {}, {}, 404, 'NotFound', 'serviceaccounts "nobody" not found'],
    ['of no namespace', 'nowhere/default', {}, {}, 404, 'NotFound', 'serviceaccounts "default" not found'],
    [
      'for nine minutes',
      agent,
      { expirationSeconds: 599 },
      {},
      422,
      'Invalid',
      'spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes',
    ],
    [
      'for ever',
      agent,
      { expirationSeconds: 2 ** 32 + 1 },
      {},
      422,
      'Invalid',
      'may not specify a duration larger than 2^32 seconds',
    ],
    ['for a word', agent, { expirationSeconds: 'long' }, {}, 400, 'BadRequest', 'spec.expirationSeconds'],
    ['for audiences that are none', agent, { audiences: 'one' }, {}, 400, 'BadRequest', 'spec.audiences'],
    [
      'with another name in it',
      agent,
      {},
      { metadata: { name: 'other' } },
      422,
      'Invalid',
      'must match the service account name if specified',
    ],
    [
      'for the uid of an account before',
      agent,
      {},
      { metadata: { uid: 'old' } },
      409,
      'Conflict',
      'the UID in the token request (old) does not match',
    ],
    ['of another kind', agent, {}, { kind: 'Pod' }, 400, 'BadRequest', 'TokenRequest'],
    [
      'bound to a Deployment',
      agent,
      { boundObjectRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
      {},
      400,
      'BadRequest',
      'cannot bind token to object of type apps/v1, Kind=Deployment',
    ],
    [
      'bound to a pod that is not there',
      'demo/default',
      { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'gone' } },
      {},
      404,
      'NotFound',
      'pods "gone" not found',
    ],
    [
      'bound to a pod of another account',
      'demo/default',
      { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'other' } },
      {},
      400,
      'BadRequest',
      'cannot bind token for serviceaccount "default" to pod running with different serviceaccount name.',
    ],
    [
      'bound to a pod that came back',
      'demo/default',
      { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'web', uid: 'before' } },
      {},
      409,
      'Conflict',
      'does not match the UID in record',
    ],
  ])('%s is refused', (_what, account, spec, more, code, reason, says) =>
    withArm({}, async (arm) => {
      arm.emulator.kube.seed(pod('other', { serviceAccountName: 'web' }));
      arm.emulator.kube.seed(pod('web', {}));
      const { status, body } = await requestToken(arm, account, spec, more);
      expect([status, body.kind, body.reason, body.code]).toEqual([code, 'Status', reason, code]);
      expect(body.message).toContain(says);
    }),
  );

  it('needs the right to create serviceaccounts/token', () =>
    withArm({}, async (arm) => {
      arm.emulator.kube.faults.deny = [
        { verb: 'create', resource: 'serviceaccounts/token', namespace: 'kube-system' },
      ];
      const refused = await requestToken(arm, agent);
      expect([refused.status, refused.body.reason]).toEqual([403, 'Forbidden']);
      expect((await requestToken(arm, 'demo/default')).status).toBe(201);
      const review = await askCluster(arm, '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
        method: 'POST',
        body: JSON.stringify({
          spec: {
            resourceAttributes: {
              verb: 'create',
              resource: 'serviceaccounts',
              subresource: 'token',
              namespace: 'kube-system',
            },
          },
        }),
      });
      expect(review.body.status.allowed).toBe(false);
      expect(arm.emulator.kube.count('create', 'serviceaccounts/token')).toBe(2);
    }));

  it('is what discovery says, and read by nobody', () =>
    withArm({}, async (arm) => {
      const { body } = await askCluster(arm, '/api/v1');
      const found = body.resources.find((one: { name: string }) => one.name === 'serviceaccounts/token');
      expect(found).toMatchObject({
        namespaced: true,
        group: 'authentication.k8s.io',
        version: 'v1',
        kind: 'TokenRequest',
        verbs: ['create'],
      });
      const path = '/api/v1/namespaces/demo/serviceaccounts/default/token';
      expect((await askCluster(arm, path)).status).toBe(405);
    }));

  it('gives out what counts as a secret, and opens nothing at the cluster itself', () =>
    withArm({}, async (arm) => {
      const { body } = await requestToken(arm, agent, { audiences: [] });
      const { token } = body.status;
      expect(arm.emulator.secrets).toContain(token);
      expect(JSON.stringify(arm.emulator.requests)).not.toContain(token);
      const headers = { authorization: `Bearer ${token}` };
      expect((await fetch(`${arm.emulator.url}/api/v1/pods`, { headers })).status).toBe(401);
      expect((await arm.call('GET', '/subscriptions', undefined, { headers })).status).toBe(401);
    }));
});
