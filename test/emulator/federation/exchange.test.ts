import { createPublicKey, verify } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newSigningKey, publicPart, signJwt } from '../../../src/emulator/federation/signing-keys.ts';
import { startEmulator } from '../../../src/emulator/start-emulator.ts';
import { type ArmClient, client, clusterPath, identityPath, withArm } from '../arm/arm-client.ts';
import {
  agent,
  agentSubject,
  askAbout,
  audience,
  claimsIn,
  clientIdOf,
  credentialPath,
  enableIssuer,
  exchange,
  tenantId,
  tokenOf,
  trust,
} from './federation-client.ts';

const hourMs = 3_600_000;

/** A cluster whose agent may sign in as the identity `web`. */
async function trustedAgent(arm: ArmClient) {
  const issuer = await enableIssuer(arm);
  const trusted = await trust(arm, 'web', { issuer, subject: agentSubject });
  expect(trusted.status, trusted.text).toBe(201);
  return { issuer, client_id: clientIdOf(arm, 'web'), client_assertion: await tokenOf(arm, agent) };
}

describe('a service-account token', () => {
  it('is exchanged for a token of the identity that trusts it, and for no other', () =>
    withArm({}, async (arm) => {
      const { issuer, ...asked } = await trustedAgent(arm);
      const { status, body } = await exchange(arm, asked);
      expect([status, body.token_type, body.expires_in]).toEqual([200, 'Bearer', 86_399]);
      const { clientId, principalId } = (await arm.get(identityPath('web'))).body.properties;
      const claims = claimsIn(body.access_token);
      expect(claims).toMatchObject({
        appid: clientId,
        oid: principalId,
        sub: principalId,
        tid: tenantId,
        aud: 'https://vault.azure.net',
      });
      expect(claims.exp - claims.iat).toBe(86_400);
      const other = await exchange(arm, { ...asked, client_id: clientIdOf(arm, 'jobs') });
      expect(other.body.error_codes).toEqual([70021]);
      expect(issuer).toBe(`${arm.emulator.url}/${tenantId}/${issuer.split('/')[4]}/`);
    }));

  it.each([
    ['https://vault.azure.net//.default', 'https://vault.azure.net/'],
    ['6dae42f8-4368-4678-94ff-3960e28e3630/.default', '6dae42f8-4368-4678-94ff-3960e28e3630'],
  ])('gets for the scope %s the audience %s', (scope, aud) =>
    withArm({}, async (arm) => {
      const { issuer: _, ...asked } = await trustedAgent(arm);
      const { body } = await exchange(arm, { ...asked, scope });
      expect(claimsIn(body.access_token).aud).toBe(aud);
    }),
  );

  it('answers the older endpoint for a resource, in text', () =>
    withArm({}, async (arm) => {
      const { issuer: _, ...asked } = await trustedAgent(arm);
      const { body } = await exchange(arm, { ...asked, resource: 'https://a/' }, { version: '' });
      expect([body.resource, body.expires_in, claimsIn(body.access_token).aud]).toEqual([
        'https://a/',
        '86399',
        'https://a/',
      ]);
    }));

  it('opens in Azure what the roles of the identity open', () =>
    withArm({}, async (arm) => {
      const { issuer: _, ...asked } = await trustedAgent(arm);
      const { body } = await exchange(arm, { ...asked, scope: 'https://management.azure.com/.default' });
      const read = () =>
        arm.call('GET', identityPath('web'), undefined, {
          headers: { authorization: `Bearer ${body.access_token}` },
        });
      expect((await read()).status).toBe(403);
      const { principalId } = (await arm.get(identityPath('web'))).body.properties;
      arm.emulator.seed({ roleAssignments: [{ scope: identityPath('web'), role: 'Reader', principalId }] });
      expect((await read()).status).toBe(200);
    }));

  it('is signed with a key that the issuer publishes', () =>
    withArm({}, async (arm) => {
      const { issuer, client_assertion: jwt } = await trustedAgent(arm);
      const found = (await (await fetch(`${issuer}.well-known/openid-configuration`)).json()) as {
        jwks_uri: string;
      };
      expect(found).toMatchObject({ issuer, jwks_uri: `${issuer}openid/v1/jwks` });
      const { keys } = (await (await fetch(found.jwks_uri)).json()) as { keys: Record<string, string>[] };
      expect(Object.keys(keys[0] ?? {}).toSorted()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
      const [header = '', claims = '', signature = ''] = jwt.split('.');
      const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString());
      const key = createPublicKey({ key: keys.find((one) => one['kid'] === kid) ?? {}, format: 'jwk' });
      const signed = Buffer.from(`${header}.${claims}`);
      expect(verify('sha256', signed, key, Buffer.from(signature, 'base64url'))).toBe(true);
      const unknown = issuer.replace(/[\da-f-]+\/$/, '00000000-0000-4000-8000-000000000000/');
      expect((await fetch(`${unknown}openid/v1/jwks`)).status).toBe(404);
    }));
});

describe('an exchange is refused', () => {
  type Asked = { client_id: string; client_assertion: string };
  type Change = (asked: Asked, arm: ArmClient, issuer: string) => Promise<Partial<Asked>> | Partial<Asked>;
  const retrust =
    (properties: { issuer?: string; subject?: string; audiences?: string[] }): Change =>
    async (_, arm, issuer) => {
      const changed = await trust(arm, 'web', { issuer, subject: agentSubject, ...properties });
      expect(changed.status).toBe(200);
      return {};
    };
  const forged =
    (change: (parts: { header: object; claims: object }) => { header?: object; claims?: object }): Change =>
    ({ client_assertion: jwt }) => {
      const [header, claims] = jwt.split('.').map((part) => {
        try {
          return JSON.parse(Buffer.from(part, 'base64url').toString());
        } catch {
          return {};
        }
      });
      const parts = { header, claims, ...change({ header, claims }) };
      const text = [parts.header, parts.claims].map((part) =>
        Buffer.from(JSON.stringify(part)).toString('base64url'),
      );
      return { client_assertion: [...text, jwt.split('.')[2]].join('.') };
    };

  it.each<[string, Change, number, number, string, string]>([
    ['by another issuer', retrust({ issuer: 'https://x/' }), 401, 700211, 'invalid_client', "issuer 'http"],
    [
      'by an issuer without its slash',
      async (asked, arm, issuer) =>
        (await retrust({ issuer: issuer.slice(0, -1) })(asked, arm, issuer)) as object,
      401,
      700211,
      'invalid_client',
      'issuer',
    ],
    [
      'for another subject',
      retrust({ subject: 'system:serviceaccount:demo:web' }),
      401,
      700213,
      'invalid_client',
      `assertion subject '${agentSubject}'. Check your`,
    ],
    [
      'for a subject in other case',
      retrust({ subject: agentSubject.toUpperCase() }),
      401,
      7002138,
      'invalid_client',
      'not with case-sensitive comparison',
    ],
    [
      'for another audience',
      retrust({ audiences: ['api://AzureADTokenExchangeUSGov'] }),
      401,
      700212,
      'invalid_client',
      `audience '${audience}'`,
    ],
    [
      'once the credential is gone',
      async (_, arm) => {
        expect((await askAbout(arm, 'DELETE', credentialPath('web', 'agent'))).status).toBe(200);
        return {};
      },
      400,
      70021,
      'invalid_request',
      `Assertion Subject: '${agentSubject}'`,
    ],
    [
      'once the identity is gone',
      async (_, arm) => {
        expect((await arm.call('DELETE', identityPath('web'))).status).toBe(200);
        return {};
      },
      400,
      700016,
      'unauthorized_client',
      'was not found in the directory',
    ],
    [
      'once the token has expired',
      (_, arm) => {
        arm.emulator.clock.advance(hourMs + 301_000);
        return {};
      },
      401,
      700024,
      'invalid_client',
      'not within its valid time range',
    ],
    [
      'for claims that were changed',
      forged(({ claims }) => ({ claims: { ...claims, jti: 'other' } })),
      401,
      700027,
      'invalid_client',
      'failed signature validation',
    ],
    [
      'by a key that is not published',
      forged(({ header }) => ({ header: { ...header, kid: 'other' } })),
      401,
      7000272,
      'invalid_client',
      'The certificate with identifier other',
    ],
    [
      'by no signature',
      forged(({ header }) => ({ header: { ...header, alg: 'none' } })),
      400,
      50027,
      'invalid_request',
      'invalid or malformed',
    ],
    [
      'for a time that is none',
      forged(({ claims }) => ({ claims: { ...claims, exp: 1e300 } })),
      400,
      50027,
      'invalid_request',
      'invalid or malformed',
    ],
    [
      'for what is no token',
      () => ({ client_assertion: 'anything' }),
      400,
      50027,
      'invalid_request',
      'invalid or malformed',
    ],
    [
      'after two rotations of the keys',
      async (_, arm) => {
        for (const _time of [1, 2]) {
          await arm.finish(await arm.call('POST', `${clusterPath}/rotateServiceAccountSigningKeys`));
        }
        return {};
      },
      401,
      7000272,
      'invalid_client',
      'could not be found in the metadata of identity provider',
    ],
  ])('%s', (_how, change, status, code, error, says) =>
    withArm({}, async (arm) => {
      const { issuer, ...asked } = await trustedAgent(arm);
      const answer = await exchange(arm, { ...asked, ...(await change(asked, arm, issuer)) });
      expect([answer.status, answer.body.error_codes], answer.text).toEqual([status, [code]]);
      expect(answer.body.error).toBe(error);
      const { error_description: text, trace_id, correlation_id, timestamp } = answer.body;
      expect(text).toContain(`AADSTS${code}: `);
      expect(text).toContain(says);
      expect(text).toMatch(
        new RegExp(`Trace ID: ${trace_id} Correlation ID: ${correlation_id} Timestamp: ${timestamp}$`),
      );
      expect(timestamp).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/);
    }),
  );

  it('in another tenant, by a secret, and for a scope that names no resource', () =>
    withArm({}, async (arm) => {
      const { issuer: _, ...asked } = await trustedAgent(arm);
      const codes = [
        await exchange(arm, asked, { tenant: '00000000-0000-4000-8000-00000000bbbb' }),
        await exchange(arm, asked, { tenant: 'common' }),
        await exchange(arm, { ...asked, client_secret: 'anything' }),
        await exchange(arm, { ...asked, scope: 'https://vault.azure.net' }),
        await exchange(arm, { ...asked, grant_type: 'password' }),
        await exchange(arm, { ...asked, client_assertion_type: 'jwt' }),
      ].map(({ body }) => body.error_codes[0]);
      expect(codes).toEqual([90002, 700016, 7000215, 1002012, 70003, 50027]);
    }));

  it('while nobody publishes the keys of the issuer', () =>
    withArm({}, async (arm) => {
      const client_assertion = await tokenOf(arm, agent);
      const { iss: issuer } = claimsIn(client_assertion);
      expect(issuer).toBe('https://demo-dns-1a2b3c4d.hcp.westeurope.azmk8s.io');
      await trust(arm, 'web', { issuer, subject: agentSubject });
      const { body } = await exchange(arm, { client_id: clientIdOf(arm, 'web'), client_assertion });
      expect(body.error_codes).toEqual([90061]);
    }));
});

describe('keys of an issuer', () => {
  it('are good for a day after they were rotated', () =>
    withArm({}, async (arm) => {
      const { issuer, ...asked } = await trustedAgent(arm);
      const late = { ...asked, client_assertion: await tokenOf(arm, agent, { expirationSeconds: 86_400 }) };
      await arm.finish(await arm.call('POST', `${clusterPath}/rotateServiceAccountSigningKeys`));
      arm.emulator.clock.advance(23 * hourMs);
      expect((await exchange(arm, late)).status).toBe(200);
      const kids = async () => {
        const { keys } = (await (await fetch(`${issuer}openid/v1/jwks`)).json()) as { keys: object[] };
        return keys.length;
      };
      expect(await kids()).toBe(2);
      arm.emulator.clock.advance(hourMs + 60_000);
      expect((await exchange(arm, late)).body.error_codes).toEqual([7000272]);
      expect(await kids()).toBe(1);
      const fresh = { ...asked, client_assertion: await tokenOf(arm, agent) };
      expect((await exchange(arm, fresh)).status).toBe(200);
    }));

  it('go with their cluster: one of the same name has another issuer', () =>
    withArm({}, async (arm) => {
      const { issuer, ...asked } = await trustedAgent(arm);
      const { body: document } = await arm.get();
      await arm.finish(await arm.call('DELETE', clusterPath));
      expect((await exchange(arm, asked)).body.error_codes).toEqual([90061]);
      delete document.properties.podIdentityProfile;
      delete document.properties.identityProfile;
      await arm.finish(await arm.call('PUT', clusterPath, document));
      const next = (await arm.get()).body.properties.oidcIssuerProfile.issuerURL;
      expect(next).not.toBe(issuer);
      const again = { ...asked, client_assertion: await tokenOf(arm, agent) };
      expect((await exchange(arm, again)).body.error_codes).toEqual([700211]);
    }));

  it('are rotated and exchanged for others by the control route', () =>
    withArm({}, async (arm) => {
      const control = (body: object) => arm.call('PUT', `${arm.emulator.url}/_podid/issuer`, body);
      expect((await control({ rotate: 1 })).body.error).toContain('whose OIDC issuer is on');
      const { issuer, ...asked } = await trustedAgent(arm);
      for (const wrong of [{ rotate: 'twice' }, { rotate: -1 }, { change: 1 }, { rotated: 1 }]) {
        expect((await control(wrong)).status).toBe(400);
      }
      expect((await control({ rotate: 1 })).body).toEqual({ issuer });
      expect((await exchange(arm, asked)).status).toBe(200);
      await control({ rotate: 2, cluster: clusterPath });
      expect((await exchange(arm, asked)).body.error_codes).toEqual([7000272]);
      const { issuer: next } = (await control({ change: true })).body;
      expect((await arm.get()).body.properties.oidcIssuerProfile.issuerURL).toBe(next);
      expect((await exchange(arm, asked)).body.error_codes).toEqual([90061]);
      const again = { ...asked, client_assertion: await tokenOf(arm, agent) };
      expect((await exchange(arm, again)).body.error_codes).toEqual([700211]);
    }));

  it('are those of before in an emulator that is started again from its state, on another port', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'podid-federation-'));
    const stateFile = join(folder, 'state.json');
    try {
      const first = await withArm({ stateFile }, trustedAgent);
      await using emulator = await startEmulator({ stateFile });
      const arm = client(emulator);
      const { issuerURL } = (await arm.get()).body.properties.oidcIssuerProfile;
      expect(issuerURL).toBe(`${emulator.url}${new URL(first.issuer).pathname}`);
      const client_assertion = await tokenOf(arm, 'default/default');
      const [{ kid }, before] = [client_assertion, first.client_assertion].map((jwt) =>
        JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString()),
      );
      expect(kid).toBe(before.kid);
      const credential = await askAbout(arm, 'GET', credentialPath('web', 'agent'));
      expect(credential.body.properties.issuer).toBe(issuerURL);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('a token of an issuer that was put into the world', () => {
  const issuer = 'https://token.actions.example.test';
  const key = newSigningKey();
  const seed = { issuers: [{ issuer, keys: [publicPart(key)] }] };
  const jwt = (claims: object = {}) => {
    const now = Math.floor(Date.now() / 1000);
    return signJwt(key, { iss: issuer, sub: 'repo', aud: audience, iat: now, exp: now + 600, ...claims });
  };

  it('is exchanged where an identity, or an application, trusts it', () =>
    withArm({ seed }, async (arm) => {
      await trust(arm, 'web', { issuer, subject: 'repo' });
      const asked = { client_id: clientIdOf(arm, 'web'), client_assertion: jwt() };
      expect((await exchange(arm, asked)).status).toBe(200);
      const [application] = arm.emulator.world.applications.values();
      const ofApplication = { ...asked, client_id: application?.appId ?? '' };
      expect((await exchange(arm, ofApplication)).body.error_codes).toEqual([70021]);
      const federatedCredentials = [{ issuer, subject: 'repo', audiences: [audience] }];
      arm.emulator.seed({ applications: [{ ...application, federatedCredentials }] });
      expect((await exchange(arm, ofApplication)).status).toBe(200);
    }));

  it.each([
    ['no key', 'anything'],
    ['another kind of key', { ...publicPart(key), kty: 'EC' }],
    ['no id', { ...publicPart(key), kid: undefined }],
    ['no number', { ...publicPart(key), n: '' }],
  ])('is refused with %s in it', (_what, wrong) =>
    withArm({}, async (arm) => {
      const url = `${arm.emulator.url}/_podid/world`;
      const { status, body } = await arm.call('PUT', url, { issuers: [{ issuer, keys: [wrong] }] });
      expect([status, typeof body.error]).toEqual([400, 'string']);
      expect(arm.emulator.world.issuers.has(issuer)).toBe(false);
    }),
  );

  it("can be the cluster's, which then signs its tokens itself", () =>
    withArm({ seed }, async (arm) => {
      const [cluster] = arm.emulator.world.clusters.values();
      const document = structuredClone(cluster?.document ?? {});
      Object.assign(document['properties'] ?? {}, {
        oidcIssuerProfile: { enabled: true, issuerURL: issuer },
      });
      arm.emulator.seed({ clusters: [document] });
      expect(await enableIssuer(arm)).toBe(issuer);
      await trust(arm, 'web', { issuer, subject: 'repo' });
      const asked = { client_id: clientIdOf(arm, 'web'), client_assertion: jwt() };
      expect((await exchange(arm, asked)).status).toBe(200);
      await expect(tokenOf(arm, agent)).rejects.toThrow(`no private key of ${issuer}`);
    }));

  it('lives a day and an hour at most', () =>
    withArm({ seed }, async (arm) => {
      await trust(arm, 'web', { issuer, subject: 'repo' });
      const now = Math.floor(Date.now() / 1000);
      const live = async (seconds: number) => {
        const client_assertion = jwt({ iat: now, exp: now + seconds });
        return (await exchange(arm, { client_id: clientIdOf(arm, 'web'), client_assertion })).body;
      };
      expect((await live(90_000)).token_type).toBe('Bearer');
      const { error_codes, error_description } = await live(90_001);
      expect(error_codes).toEqual([70023]);
      expect(error_description).toContain('less than or equal to 1.01:00:00');
    }));
});

describe("an application's certificate", () => {
  const signIn = (arm: ArmClient, more: object) => {
    const { appId = '' } = [...arm.emulator.world.applications.values()][0] ?? {};
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: appId,
      sub: appId,
      aud: 'https://login/t/oauth2/v2.0/token',
      nbf: now,
      exp: now + 600,
    };
    const parts = [
      { alg: 'PS256', x5t: 'thumb' },
      { ...claims, ...more },
    ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
    return exchange(arm, { client_id: appId, client_assertion: `${parts.join('.')}.c2ln` });
  };

  it('signs it in, as itself and in time alone', () =>
    withArm({}, async (arm) => {
      expect((await signIn(arm, {})).status).toBe(200);
      expect((await signIn(arm, { sub: 'another' })).body.error_codes).toEqual([700021]);
      expect((await signIn(arm, { nbf: 0, exp: 60 })).body.error_codes).toEqual([700024]);
    }));
});
