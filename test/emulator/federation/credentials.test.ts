import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/emulator/exact-json.ts';
import type { WorldSettings } from '../../../src/emulator/settings.ts';
import { type ArmClient, identityPath, withArm } from '../arm/arm-client.ts';
import {
  agent,
  askAbout,
  credentialPath,
  enableIssuer,
  exchange,
  tokenOf,
  trust,
} from './federation-client.ts';

const apiVersion = '2024-11-30';
const issuer = 'https://issuer.example.test/';
const subject = (name: string) => `system:serviceaccount:demo:${name}`;
const add = (arm: ArmClient, identity: string, name: string, more: object = {}) =>
  trust(arm, identity, { name, issuer, subject: subject(name), ...more });
const remove = (arm: ArmClient, identity: string, name: string) =>
  askAbout(arm, 'DELETE', credentialPath(identity, name));
const withSettings = (settings: Partial<WorldSettings>, run: (arm: ArmClient) => Promise<void>) =>
  withArm({ seed: { settings: { ...settings } as JsonObject } }, run);

describe('a federated credential in Azure', () => {
  it.each(['2023-01-31', '2024-11-30', '2026-04-30', '2026-05-31'])(
    'is written, read, changed, listed and deleted by api-version %s',
    (version) =>
      withArm({}, async (arm) => {
        const path = credentialPath('web', 'agent');
        const body = {
          properties: { issuer, subject: subject('a'), audiences: ['api://AzureADTokenExchange'] },
        };
        const call = (method: string, at = path, sent?: object) =>
          arm.call(method, at, sent, { apiVersion: version });
        expect([(await call('PUT', path, body)).status, (await call('PUT', path, body)).status]).toEqual([
          201, 200,
        ]);
        const { body: found } = await call('GET');
        expect(found).toMatchObject({ name: 'agent', ...body });
        expect(found.type).toBe(
          'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials',
        );
        expect((await call('GET', path.replace(/\/agent$/, ''))).body).toEqual({ value: [found] });
        expect([(await call('DELETE')).status, (await call('DELETE')).status]).toEqual([200, 204]);
        expect((await call('GET')).body.error.code).toBe('NotFound');
      }),
  );

  it('is unknown to other api-versions', () =>
    withArm({}, async (arm) => {
      const { status, body } = await arm.call('GET', credentialPath('web', 'agent'), undefined, {
        apiVersion: '2018-11-30',
      });
      expect([status, body.error.code]).toEqual([400, 'NoRegisteredProviderFound']);
      expect(body.error.message).toContain('2026-05-31');
    }));

  it.each<[string, string, object, string]>([
    ['a name of two characters', 'ab', {}, '3 to 120'],
    ['a name of 121', 'a'.repeat(121), {}, '3 to 120'],
    ['a name that begins with -', '-abc', {}, '3 to 120'],
    ['a name with a dot', 'a.bc', {}, '3 to 120'],
    ['no issuer', 'agent', { issuer: '' }, 'exactly one audience'],
    ['no subject', 'agent', { subject: undefined }, 'exactly one audience'],
    ['no audience', 'agent', { audiences: [] }, 'exactly one audience'],
    ['two audiences', 'agent', { audiences: ['a', 'b'] }, 'exactly one audience'],
    ['a long issuer', 'agent', { issuer: 'i'.repeat(601) }, 'The issuer is longer than 600'],
    ['a long subject', 'agent', { subject: 's'.repeat(601) }, 'The subject is longer than 600'],
    ['a long audience', 'agent', { audiences: ['a'.repeat(601)] }, 'The audience is longer than 600'],
  ])('is refused with %s', (_what, name, more, says) =>
    withArm({}, async (arm) => {
      const { status, body } = await add(arm, 'web', name, more);
      expect([status, body.error.code]).toEqual([400, 'BadRequest']);
      expect(body.error.message).toContain(says);
      expect((await add(arm, 'web', 'a'.repeat(120), { subject: 's'.repeat(600) })).status).toBe(201);
    }),
  );

  it('has an issuer and a subject that no other of its identity has', () =>
    withArm({}, async (arm) => {
      await add(arm, 'web', 'one');
      const twice = await add(arm, 'web', 'two', { subject: subject('one') });
      expect([twice.status, twice.body.error.message]).toEqual([
        400,
        'Issuer and subject combination already exists for this Managed Identity.',
      ]);
      expect((await add(arm, 'jobs', 'two', { subject: subject('one') })).status).toBe(201);
    }));

  it('is one of twenty at most', () =>
    withArm({}, async (arm) => {
      for (let number = 1; number <= 20; number += 1) {
        expect((await add(arm, 'web', `c${String(number).padStart(2, '0')}`)).status).toBe(201);
      }
      const { status, body } = await add(arm, 'web', 'c21');
      expect([status, body.error.message]).toEqual([400, expect.stringContaining('at most 20')]);
      expect((await add(arm, 'web', 'c20', { audiences: ['other'] })).status).toBe(200);
    }));

  it('is written alone: another write to its identity meanwhile is refused, one to another is not', () =>
    withSettings({ credentialWriteMs: 300 }, async (arm) => {
      const answers = await Promise.all([
        add(arm, 'web', 'one'),
        add(arm, 'web', 'two'),
        add(arm, 'jobs', 'one'),
        remove(arm, 'web', 'three'),
      ]);
      expect(answers[2]?.status).toBe(201);
      const refused = answers.filter(({ status }) => status === 409).map(({ body }) => body.error.code);
      const code = 'ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity';
      expect(refused).toEqual([code, code]);
      expect((await add(arm, 'web', 'four')).status).toBe(201);
    }));

  it('comes on pages, as long as the caller wants them', () =>
    withArm({}, async (arm) => {
      for (const name of ['one', 'two', 'three']) {
        await add(arm, 'web', name);
      }
      const names: string[] = [];
      let next: string | undefined =
        `${arm.emulator.url}${identityPath('web')}/federatedIdentityCredentials?$top=2&api-version=${apiVersion}`;
      const sizes: number[] = [];
      while (next !== undefined) {
        const { body } = await arm.call('GET', next, undefined, { apiVersion: null });
        sizes.push(body.value.length);
        names.push(...body.value.map((one: { name: string }) => one.name));
        next = body.nextLink;
      }
      expect([sizes, names]).toEqual([
        [2, 1],
        ['one', 'two', 'three'],
      ]);
    }));

  it('is not to be had for an identity that is not there', () =>
    withArm({}, async (arm) => {
      for (const answer of [
        await add(arm, 'gone', 'agent'),
        await remove(arm, 'gone', 'agent'),
        await askAbout(arm, 'GET', `${identityPath('gone')}/federatedIdentityCredentials`),
      ]) {
        expect([answer.status, answer.body.error.code]).toEqual([404, 'ParentResourceNotFound']);
      }
    }));

  it('goes with its identity', () =>
    withArm({}, async (arm) => {
      await add(arm, 'web', 'agent');
      await arm.call('DELETE', identityPath('web'));
      expect(arm.emulator.world.federatedCredentials.size).toBe(0);
    }));
});

describe('trouble with federated credentials', () => {
  it('is a new identity that is not found for a while', () =>
    withSettings({ freshIdentityMs: 60_000 }, async (arm) => {
      await arm.call('PUT', identityPath('fresh'), { location: 'westeurope' });
      expect((await add(arm, 'fresh', 'agent')).body.error.code).toBe('ParentResourceNotFound');
      expect((await add(arm, 'web', 'agent')).status).toBe(201);
      arm.emulator.clock.advance(60_000);
      expect((await add(arm, 'fresh', 'agent')).status).toBe(201);
    }));

  it('is a region that has none', () =>
    withSettings({ regionsWithoutCredentials: ['malaysiasouth'] }, async (arm) => {
      await arm.call('PUT', identityPath('far'), { location: 'malaysiasouth' });
      const { status, body } = await add(arm, 'far', 'agent');
      expect([status, body.error.message]).toEqual([
        405,
        expect.stringContaining('Support for federated identity credentials not enabled'),
      ]);
      expect((await add(arm, 'web', 'agent')).status).toBe(201);
    }));

  it('is a policy that denies new ones, and lets old ones go', () =>
    withArm({}, async (arm) => {
      await add(arm, 'web', 'old');
      arm.emulator.seed({ settings: { credentialPolicy: 'no-federation' } });
      const { status, body } = await add(arm, 'web', 'agent');
      expect([status, body.error.code]).toEqual([403, 'RequestDisallowedByPolicy']);
      expect(body.error.message).toContain('no-federation');
      expect((await remove(arm, 'web', 'old')).status).toBe(200);
    }));

  it('is a caller who lacks the right', () =>
    withSettings({ callerLacks: ['*/federatedIdentityCredentials/write'] }, async (arm) => {
      const { status, body } = await add(arm, 'web', 'agent');
      expect([status, body.error.code]).toEqual([403, 'AuthorizationFailed']);
      expect(body.error.message).toContain('/federatedIdentityCredentials/write');
      expect((await remove(arm, 'web', 'agent')).status).toBe(204);
    }));

  it('is the documented limit: one write of an identity each four seconds, two of a subscription a second', () =>
    withSettings({ credentialLimits: 'documented' }, async (arm) => {
      arm.emulator.clock.setSpeed(0);
      const names = ['a', 'b', 'c'];
      for (const name of names) {
        await arm.call('PUT', identityPath(name), { location: 'westeurope' });
      }
      expect((await add(arm, 'web', 'one')).status).toBe(201);
      const soon = await add(arm, 'web', 'two');
      expect([soon.status, soon.headers.get('retry-after')]).toEqual([429, '4']);
      const others = [];
      for (const name of names) {
        others.push((await add(arm, name, 'one')).status);
      }
      expect(others).toEqual([201, 429, 429]);
      arm.emulator.clock.advance(4000);
      expect((await add(arm, 'web', 'two')).status).toBe(201);
      const list = `${identityPath('web')}/federatedIdentityCredentials`;
      expect([(await askAbout(arm, 'GET', list)).status, (await askAbout(arm, 'GET', list)).status]).toEqual([
        200, 429,
      ]);
    }));

  it.each([
    ['Managed Identity Operator', 200, 403],
    ['Reader', 200, 403],
    ['Managed Identity Contributor', 200, 201],
    ['Contributor', 200, 201],
    ['AcrPull', 403, 403],
  ])('is a role: %s reads with %i and writes with %i', (role, reads, writes) =>
    withArm({}, async (arm) => {
      await trust(arm, 'web', {
        issuer: await enableIssuer(arm),
        subject: 'system:serviceaccount:kube-system:podid-nmi',
      });
      const { clientId, principalId } = (await arm.get(identityPath('web'))).body.properties;
      arm.emulator.seed({ roleAssignments: [{ scope: identityPath('jobs'), role, principalId }] });
      const { body } = await exchange(arm, {
        client_id: clientId,
        client_assertion: await tokenOf(arm, agent),
        scope: 'https://management.azure.com/.default',
      });
      const ask = (method: string, name: string, sent?: object) =>
        arm.call(method, `${identityPath('jobs')}/federatedIdentityCredentials${name}`, sent, {
          apiVersion,
          headers: { authorization: `Bearer ${body.access_token}` },
        });
      const written = await ask('PUT', '/agent', {
        properties: { issuer, subject: subject('a'), audiences: ['api://a'] },
      });
      expect([(await ask('GET', '')).status, written.status]).toEqual([reads, writes]);
      expect((await ask('DELETE', '/agent')).status).toBe(writes === 201 ? 200 : 403);
      if (writes === 403) {
        expect(written.body.error.message).toContain(
          "'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write'",
        );
      }
    }),
  );
});
