import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { federatedCredentialName } from '../../../src/domain/azure/federated-credential.ts';
import type { Clock } from '../../../src/domain/time/clock.ts';
import { steppedClock } from '../../domain/time/stepped-clock.ts';
import { hintText } from '../../hint-text.ts';
import { type Answer, type ArmServer, json, serveArm } from '../arm-server.ts';

const subscription = '11111111-1111-1111-1111-111111111111';
const identityOf = (name: string) =>
  `/subscriptions/${subscription}/resourceGroups/Rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
const web = identityOf('Web');
const trust = {
  issuer: 'https://westeurope.oic.prod-aks.azure.com/t/g/',
  subject: 'system:serviceaccount:kube-system:podid-nmi',
  audience: 'api://AzureADTokenExchange',
};
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const name = federatedCredentialName(trust, sha256);
const { signal } = new AbortController();

const wire = (called: string, properties: object) => ({ id: `${web}/x/${called}`, name: called, properties });
const own = wire(name, { issuer: trust.issuer, subject: trust.subject, audiences: [trust.audience] });
const refusal = (status: number, code: string, headers: Record<string, string> = {}) =>
  json(status, { error: { code, message: `Azure says ${code}.` } }, headers);

const servers: ArmServer[] = [];

async function serve(...answers: Answer[]): Promise<ArmServer> {
  const server = await serveArm(...answers);
  servers.push(server);
  return server;
}

afterEach(async () => {
  for (const server of servers.splice(0)) {
    await server.close();
  }
});

describe('the name of a federated credential', () => {
  it('is the same for the same issuer and subject, and another for a slash less', () => {
    expect(name).toMatch(/^podid-[0-9a-f]{12}$/);
    const { issuer, subject } = trust;
    expect(federatedCredentialName({ issuer, subject }, sha256)).toBe(name);
    expect(federatedCredentialName({ ...trust, issuer: trust.issuer.slice(0, -1) }, sha256)).not.toBe(name);
  });
});

describe('the list of federated credentials', () => {
  it('reads all pages, and those that have an expression in place of a subject', async () => {
    const flexible = wire('flexible', {
      issuer: trust.issuer,
      subject: null,
      audiences: [trust.audience],
      claimsMatchingExpression: { value: "claims['sub'] matches 'x:*'", languageVersion: 1 },
    });
    const arm = await serve(
      (response, seen, url) =>
        json(200, { value: [own], nextLink: `${url}/next?page=2` })(response, seen, url),
      json(200, { value: [flexible] }),
    );
    expect(await (await arm.azure()).federatedCredentials.list(web, signal)).toEqual([
      { name, issuer: trust.issuer, subject: trust.subject, audiences: [trust.audience] },
      { name: 'flexible', issuer: trust.issuer, audiences: [trust.audience] },
    ]);
  });

  it('outlives being throttled, and says at last that Azure is busy', async () => {
    const busy = refusal(429, 'TooManyRequests', { 'retry-after': '1' });
    const quick = { readRetries: { count: 0, firstMs: 1 } };
    const arm = await serve(busy, busy, json(200, { value: [] }), busy, busy, busy);
    const { federatedCredentials } = await arm.azure(quick);
    expect(await federatedCredentials.list(web, signal)).toEqual([]);
    await expect(federatedCredentials.list(web, signal)).rejects.toMatchObject({ code: 'Unavailable' });
    expect(arm.seen).toHaveLength(6);
  });

  it('names caller, action, scope and the smallest role where the right is missing', async () => {
    const arm = await serve(
      json(403, { error: { code: 'AuthorizationFailed', message: 'The client has no authorization.' } }),
    );
    const failed = (await arm.azure()).federatedCredentials.list(web, signal);
    await expect(failed).rejects.toMatchObject({ code: 'Forbidden' });
    const error = await failed.catch((thrown: unknown) => thrown);
    expect(String(error)).toContain('anna@contoso.com');
    expect(String(error)).toContain('userAssignedIdentities/federatedIdentityCredentials/read is missing');
    expect(String((error as { hint?: unknown }).hint)).toContain(
      `'Managed Identity Operator' --scope ${web}`,
    );
  });
});

describe('making a federated credential', () => {
  it('sends issuer, subject and one audience to the letter', async () => {
    const arm = await serve(json(201, own));
    const { federatedCredentials } = await arm.azure();
    expect(await federatedCredentials.create(web, trust, signal)).toEqual({ name, created: true });
    const [seen] = arm.seen;
    expect(`${seen?.method} ${seen?.url}`).toContain(`PUT ${web}/federatedIdentityCredentials/${name}?`);
    expect(JSON.parse(seen?.body ?? '')).toEqual({
      properties: { issuer: trust.issuer, subject: trust.subject, audiences: [trust.audience] },
    });
  });

  it('is not new where podid has made it before', async () => {
    const arm = await serve(json(200, own));
    const { federatedCredentials } = await arm.azure();
    expect(await federatedCredentials.create(web, trust, signal)).toEqual({ name, created: false });
  });

  it.each([400, 409])('adopts the one of others with the same issuer and subject (%s)', async (status) => {
    const foreign = { ...own, name: 'by-terraform' };
    const arm = await serve(refusal(status, 'BadRequest'), json(200, { value: [foreign] }));
    const { federatedCredentials } = await arm.azure();
    expect(await federatedCredentials.create(web, trust, signal)).toEqual({
      name: 'by-terraform',
      created: false,
    });
  });

  it('leaves one of others alone that is for another audience, and names it', async () => {
    const foreign = wire('theirs', { ...own.properties, audiences: ['api://other'] });
    const arm = await serve(refusal(400, 'BadRequest'), json(200, { value: [foreign] }));
    await expect((await arm.azure()).federatedCredentials.create(web, trust, signal)).rejects.toMatchObject({
      code: 'FederatedCredentialDiffers',
      message: expect.stringMatching(/theirs.*api:\/\/other.*Azure says BadRequest/),
    });
    expect(arm.seen.map(({ method }) => method)).toEqual(['PUT', 'GET']);
  });

  it('names all twenty where there is no room', async () => {
    const all = Array.from({ length: 20 }, (_, at) =>
      wire(`fic-${at}`, { issuer: 'https://x/', subject: `${at}` }),
    );
    const arm = await serve(refusal(400, 'BadRequest'), json(200, { value: all }));
    await expect((await arm.azure()).federatedCredentials.create(web, trust, signal)).rejects.toMatchObject({
      code: 'LimitReached',
      message: expect.stringMatching(/20 federated credentials.*fic-0, .*fic-19\./),
    });
  });

  it.each([
    ['a region without them', 405, 'MethodNotAllowed', 'FederationUnavailable'],
    ['a policy', 403, 'RequestDisallowedByPolicy', 'AzureRefused'],
    ['an identity that is gone', 404, 'ResourceNotFound', 'IdentityNotFound'],
    ['a missing right', 403, 'AuthorizationFailed', 'Forbidden'],
  ])('tells %s in the words of Azure', async (_, status, code, expected) => {
    const arm = await serve(refusal(status, code), json(200, { value: [] }));
    await expect((await arm.azure()).federatedCredentials.create(web, trust, signal)).rejects.toMatchObject({
      code: expected,
      message: expect.stringContaining(`Azure says ${code}.`),
    });
  });

  it.each([
    [
      `was disallowed by policy. Policy identifiers: '[{"policyAssignment":{"name":"none","id":"/subscriptions/s/providers/Microsoft.Authorization/policyAssignments/none"}}]'.`,
      /az policy exemption create .*--policy-assignment \/subscriptions\/s\/providers\/Microsoft.Authorization\/policyAssignments\/none --scope /,
    ],
    ['was disallowed by policy.', /az policy assignment list --disable-scope-strict-match --scope /],
  ])('names what exempts the identity from a policy that %s', async (message, command) => {
    const error = { code: 'RequestDisallowedByPolicy', message };
    const arm = await serve(json(403, { error }), json(200, { value: [] }));
    await expect((await arm.azure()).federatedCredentials.create(web, trust, signal)).rejects.toMatchObject({
      code: 'AzureRefused',
      message: expect.stringMatching(/^An Azure Policy denies federated credentials, .*disallowed by policy/),
      hint: hintText(command),
    });
  });

  it('is tried again while others write, Azure is busy, or the identity is not known everywhere', async () => {
    const arm = await serve(
      refusal(409, 'ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity'),
      refusal(404, 'ParentResourceNotFound'),
      refusal(429, 'TooManyRequests', { 'retry-after': '17' }),
      refusal(503, 'ServiceUnavailable'),
      json(201, own),
    );
    const clock = steppedClock();
    const { federatedCredentials } = await arm.azure({ clock });
    expect(await federatedCredentials.create(web, trust, signal)).toEqual({ name, created: true });
    expect(clock.slept).toContain(17_000);
  });

  it('gives an identity up that stays unknown for four minutes', async () => {
    const unknown = Array.from({ length: 60 }, () => refusal(404, 'ParentResourceNotFound'));
    const arm = await serve(...unknown);
    const clock = steppedClock();
    const failed = (await arm.azure({ clock })).federatedCredentials.create(web, trust, signal);
    await expect(failed).rejects.toMatchObject({
      message: expect.stringContaining('ParentResourceNotFound'),
    });
    expect(clock.monotonic()).toBeGreaterThanOrEqual(240_000);
    expect(clock.monotonic()).toBeLessThan(280_000);
  });

  it('ends with the signal, and says what Azure said last', async () => {
    const arm = await serve(...Array.from({ length: 9 }, () => refusal(503, 'ServiceUnavailable')));
    const stop = new AbortController();
    const clock = steppedClock();
    const stopping: Clock = {
      ...clock,
      async sleep(ms, ofSleep) {
        stop.abort(new Error('enough'));
        await clock.sleep(ms, ofSleep);
      },
    };
    const failed = (await arm.azure({ clock: stopping })).federatedCredentials.create(
      web,
      trust,
      stop.signal,
    );
    await expect(failed).rejects.toMatchObject({ message: expect.stringContaining('ServiceUnavailable') });
  });
});

describe('taking trust away', () => {
  it.each([200, 204, 404])('is done where Azure answers %s', async (status) => {
    const arm = await serve(status === 404 ? refusal(404, 'NotFound') : json(status, ''));
    await (await arm.azure()).federatedCredentials.remove(web, name, signal);
    expect(arm.seen.map(({ method, url }) => `${method} ${url.split('?')[0]}`)).toEqual([
      `DELETE ${web}/federatedIdentityCredentials/${name}`,
    ]);
  });

  it('waits for a concurrent write, and tells a missing right with its role', async () => {
    const arm = await serve(
      refusal(409, 'ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity'),
      refusal(403, 'AuthorizationFailed'),
    );
    const failed = (await arm.azure()).federatedCredentials.remove(web, name, signal);
    const error = await failed.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'Forbidden' });
    expect(String((error as { hint?: unknown }).hint)).toContain("'Managed Identity Contributor'");
  });
});
