import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../../src/domain/kubernetes/pod.ts';
import { ApiFailure } from '../../../../src/k8s/client/api-connection.ts';
import { createAccountTokens } from '../../../../src/nmi/tokens/exchange/account-tokens.ts';
import { TokenRefused } from '../../../../src/nmi/tokens/token-error.ts';

const account = { namespace: 'shop', name: 'web' };
const audience = 'api://AzureADTokenExchange';
const signal = new AbortController().signal;

/** For a pod by its uid: why it gets none. */
type Faults = Readonly<Record<string, ApiFailure>>;

interface Sent {
  readonly spec: {
    readonly audiences: readonly string[];
    readonly boundObjectRef?: { readonly uid: string };
  };
}

/** An API server that gives tokens of the usual audience, bound to a pod; and an agent whose view has all three pods. */
function agentWith(faults: Faults) {
  const asked: string[] = [];
  const made = createAccountTokens({
    connection: {
      getJson: () => Promise.resolve({ items: [] }),
      write: async ({ body }) => {
        const { audiences, boundObjectRef } = (body as Sent).spec;
        if (audiences[0] !== audience || boundObjectRef === undefined) {
          throw new ApiFailure(403, 'refused by the policy');
        }
        asked.push(boundObjectRef.uid);
        const fault = faults[boundObjectRef.uid];
        if (fault !== undefined) {
          throw fault;
        }
        const claims = {
          iss: 'https://issuer',
          sub: 'system:serviceaccount:shop:web',
          aud: [audience],
          jti: boundObjectRef.uid,
        };
        const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
        return { status: { token: `${part({ alg: 'RS256' })}.${part(claims)}.c2ln` } };
      },
    },
    node: 'n1',
    guard: { ways: async () => [{ way: 'own', policy: 'guard', audience, version: '1' }] },
    podOf: (uid) => ({ ...account, uid, name: `web-${uid}`, serviceAccount: 'web' }) as unknown as Pod,
  });
  return { asked, make: () => made.make(account, new Set(['one', 'two', 'three']), signal) };
}

const notFound = new ApiFailure(404, 'pods "web-one" not found');

describe("a token of the pods' account", () => {
  it.each([
    ['is gone', notFound],
    [
      'was made anew by its name',
      new ApiFailure(409, 'the UID in the bound object reference does not match'),
    ],
    [
      'was made anew by its name, as the node is told',
      new ApiFailure(
        403,
        'forbidden: the UID in the bound object reference (one) does not match the UID in record',
      ),
    ],
  ])('is had for another pod that asks, where the first %s', async (_what, fault) => {
    const { asked, make } = agentWith({ one: fault });
    expect(await make()).toMatchObject({ subject: 'system:serviceaccount:shop:web' });
    expect(asked).toEqual(['one', 'two']);
  });

  it('is refused once none of them is there, each asked for once', async () => {
    const { asked, make } = agentWith({ one: notFound, two: notFound, three: notFound });
    const refused = await make().catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(TokenRefused);
    expect(refused).toMatchObject({ status: 503, message: expect.stringContaining('not found') });
    expect(asked).toEqual(['one', 'two', 'three']);
  });

  it.each([
    [400, new ApiFailure(403, 'forbidden')],
    [503, new ApiFailure(500, 'etcd is away')],
  ])('is asked for no other pod where the server refuses for another reason: %i', async (status, fault) => {
    const { asked, make } = agentWith({ one: fault });
    await expect(make()).rejects.toMatchObject({ status });
    expect(asked).toEqual(['one']);
  });
});
