import { afterEach, describe, expect, it } from 'vitest';
import type { Azure } from '../../src/domain/ports.ts';
import { type Answer, type ArmServer, json, serveArm, text } from './arm-server.ts';

const subscription = '11111111-1111-1111-1111-111111111111';
const identityId = `/subscriptions/${subscription}/resourceGroups/Rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/Web`;
const principalId = '22222222-2222-2222-2222-222222222222';
const roleId = 'f1a07417-d97a-45cb-824c-7a7467783830';
const grant = { scope: identityId, principalId, roleId };
const signal = new AbortController().signal;

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

describe('a managed identity', () => {
  it('is read in its own subscription, its id as the caller wrote it', async () => {
    const arm = await serve(
      json(200, {
        id: identityId.toLowerCase(),
        location: 'westeurope',
        properties: { clientId: 'c', principalId: 'p', tenantId: 't' },
      }),
    );
    expect(await (await arm.azure()).identities.get(identityId, signal)).toEqual({
      resourceId: identityId,
      clientId: 'c',
      principalId: 'p',
      tenantId: 't',
      location: 'westeurope',
    });
    expect(arm.seen[0]?.url).toMatch(new RegExp(`^${identityId}\\?api-version=`));
  });

  it.each([
    ['is not there', json(404, { error: { code: 'ResourceNotFound', message: 'x' } }), 'IdentityNotFound'],
    ['has no client id yet', json(200, { properties: { principalId: 'p' } }), 'IdentityIncomplete'],
    [
      'has no principal id yet',
      json(200, { properties: { clientId: 'c', principalId: '' } }),
      'IdentityIncomplete',
    ],
    ['may not be read', json(403, { error: { code: 'AuthorizationFailed', message: 'x' } }), 'Forbidden'],
    ['is answered by a redirect', text(301, '', { location: 'https://evil.example' }), 'Unavailable'],
  ])('that %s is told as such', async (_title, answer, code) => {
    const arm = await serve(answer);
    await expect((await arm.azure()).identities.get(identityId, signal)).rejects.toMatchObject({ code });
    expect(arm.seen).toHaveLength(1);
  });
});

describe('role assignments', () => {
  const row = {
    id: '/x/1',
    name: '1',
    properties: {
      scope: '/',
      principalId,
      roleDefinitionId: `/r/${roleId}`,
      createdOn: '2026-11-01T00:00:00Z',
      condition: null,
    },
  };

  it('are listed at the scope and for the principal, page by page', async () => {
    const arm = await serve(
      (response, seen, url) =>
        json(200, { value: [row], nextLink: `${url}/next?page=2` })(response, seen, url),
      json(200, {
        value: [
          { ...row, name: '2', properties: { ...row.properties, condition: 'c', createdOn: undefined } },
        ],
      }),
    );
    const found = await (await arm.azure()).roles.assignmentsFor(identityId, principalId, signal);
    expect(found).toEqual([
      {
        id: '/x/1',
        name: '1',
        scope: '/',
        principalId,
        roleDefinitionId: `/r/${roleId}`,
        createdOnMs: Date.UTC(2026, 10, 1),
        hasCondition: false,
      },
      {
        id: '/x/1',
        name: '2',
        scope: '/',
        principalId,
        roleDefinitionId: `/r/${roleId}`,
        hasCondition: true,
      },
    ]);
    const asked = new URL(arm.seen[0]?.url ?? '', arm.url);
    expect(asked.pathname).toBe(`${identityId}/providers/Microsoft.Authorization/roleAssignments`);
    expect(asked.searchParams.get('$filter')).toBe(`atScope() and assignedTo('${principalId}')`);
  });

  it('do not carry the token to a next page elsewhere', async () => {
    const other = await serve();
    const arm = await serve(json(200, { value: [], nextLink: `${other.url}/next` }));
    await expect(
      (await arm.azure()).roles.assignmentsFor(identityId, principalId, signal),
    ).rejects.toMatchObject({ code: 'Unavailable' });
    expect(other.seen).toEqual([]);
  });

  it('are named after scope, principal and role, whatever their case', async () => {
    const { roles } = await (await serve()).azure();
    const name = roles.assignmentName(grant);
    expect(name).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(
      roles.assignmentName({
        ...grant,
        scope: identityId.toUpperCase(),
        principalId: principalId.toUpperCase(),
      }),
    ).toBe(name);
    expect(roles.assignmentName({ ...grant, scope: `${identityId}2` })).not.toBe(name);
  });

  it('are created for a service principal, once the principal is known and the weather is fair', async () => {
    const arm = await serve(
      json(400, { error: { code: 'PrincipalNotFound', message: 'x' } }),
      json(429, {}, { 'retry-after': '1' }),
      json(503, {}),
      json(201, row),
    );
    const { roles } = await arm.azure();
    expect(await roles.create(grant, signal)).toEqual({ created: true });
    expect(arm.seen).toHaveLength(4);
    expect(arm.seen[3]).toMatchObject({ method: 'PUT' });
    expect(arm.seen[3]?.url).toContain(
      `${identityId}/providers/Microsoft.Authorization/roleAssignments/${roles.assignmentName(grant)}?`,
    );
    expect(JSON.parse(arm.seen[3]?.body ?? '')).toEqual({
      properties: {
        roleDefinitionId: `/subscriptions/${subscription}/providers/Microsoft.Authorization/roleDefinitions/${roleId}`,
        principalId,
        principalType: 'ServicePrincipal',
      },
    });
  });

  it.each([
    ['409 RoleAssignmentExists', json(409, { error: { code: 'RoleAssignmentExists', message: 'x' } })],
    ['200', json(200, row)],
  ])('that exist (%s) count as success', async (_title, answer) => {
    const arm = await serve(answer);
    expect(await (await arm.azure()).roles.create(grant, signal)).toEqual({ created: false });
  });

  it.each(['ScopeLocked', 'RoleAssignmentLimitExceeded', 'RoleAssignmentUpdateNotPermitted'])(
    'that %s keeps out are told with a hint of its own',
    async (code) => {
      const arm = await serve(json(409, { error: { code, message: 'x' } }));
      const error = await (await arm.azure()).roles.create(grant, signal).catch((caught) => caught);
      expect(error).toMatchObject({ code: 'RoleAssignmentBlocked', exitCode: 5, details: [{ code }] });
      expect(error.hint).not.toBe('az role assignment list shows what is there.');
    },
  );

  it('that may not be written are told at once with caller, action and scope', async () => {
    const arm = await serve(json(403, { error: { code: 'AuthorizationFailed', message: 'x' } }));
    const error = await (await arm.azure()).roles.create(grant, signal).catch((caught) => caught);
    expect(error).toMatchObject({ code: 'Forbidden', exitCode: 6 });
    for (const part of ['anna@contoso.com', 'Microsoft.Authorization/roleAssignments/write', identityId]) {
      expect(error.message).toContain(part);
    }
    expect(arm.seen).toHaveLength(1);
  });

  it.each([
    [200, row],
    [204, undefined],
    [404, { error: { code: 'RoleAssignmentNotFound', message: 'x' } }],
  ])('are gone after a delete that is answered %d', async (status, body) => {
    const arm = await serve(body === undefined ? text(status, '') : json(status, body));
    await (await arm.azure()).roles.delete(
      `${identityId}/providers/Microsoft.Authorization/roleAssignments/1`,
      signal,
    );
    expect(arm.seen).toMatchObject([{ method: 'DELETE' }]);
  });

  it('have definitions with what they allow', async () => {
    const arm = await serve(
      json(200, { id: '/d', properties: { roleName: 'Owner', permissions: [{ actions: ['*'] }] } }),
    );
    expect(
      await (await arm.azure()).roles.definition(
        `/subscriptions/${subscription}/providers/Microsoft.Authorization/roleDefinitions/1`,
        signal,
      ),
    ).toEqual({
      id: '/d',
      roleName: 'Owner',
      permissions: [{ actions: ['*'], notActions: [] }],
    });
  });
});

describe('a subscription', () => {
  const one = { subscriptionId: subscription, displayName: 'Shop', tenantId: 't' };

  it('is found by its id', async () => {
    const arm = await serve(json(200, one));
    expect(await (await arm.azure()).subscriptions.find(subscription, signal)).toEqual(one);
  });

  it('is found by its name on any page', async () => {
    const arm = await serve(
      (response, seen, url) =>
        json(200, { value: [{ ...one, displayName: 'Other' }], nextLink: `${url}/subscriptions?page=2` })(
          response,
          seen,
          url,
        ),
      json(200, { value: [one] }),
    );
    expect(await (await arm.azure()).subscriptions.find('shop', signal)).toEqual(one);
  });

  it.each([
    [
      'an id nobody sees',
      subscription,
      json(404, { error: { code: 'SubscriptionNotFound', message: 'x' } }),
      'SubscriptionNotFound',
    ],
    ['a name nobody sees', 'x', json(200, { value: [] }), 'SubscriptionNotFound'],
    [
      'a name that two have',
      'Shop',
      json(200, { value: [one, { ...one, subscriptionId: 'b' }] }),
      'InvalidUsage',
    ],
  ])('by %s is an error', async (_title, asked, answer, code) => {
    const arm = await serve(answer);
    await expect((await arm.azure()).subscriptions.find(asked, signal)).rejects.toMatchObject({ code });
  });
});

describe('the preview feature', () => {
  it('has a state, is registered, and so is its provider', async () => {
    const arm = await serve(
      json(200, { properties: { state: 'Registering' } }),
      json(200, {}),
      json(200, {}),
    );
    const { features } = await arm.azure();
    expect(await features.state(subscription, signal)).toBe('Registering');
    await features.register(subscription, signal);
    await features.registerProvider(subscription, signal);
    const feature = `/subscriptions/${subscription}/providers/Microsoft.Features/providers/Microsoft.ContainerService/features/EnablePodIdentityPreview`;
    expect(arm.seen.map(({ method, url }) => `${method} ${url.split('?')[0]}`)).toEqual([
      `GET ${feature}`,
      `POST ${feature}/register`,
      `POST /subscriptions/${subscription}/providers/Microsoft.ContainerService/register`,
    ]);
  });

  it('that may not be registered is told as such', async () => {
    const arm = await serve(json(403, { error: { code: 'AuthorizationFailed', message: 'x' } }));
    await expect((await arm.azure()).features.register(subscription, signal)).rejects.toMatchObject({
      code: 'Forbidden',
    });
  });
});

describe('a list whose pages lead in a circle', () => {
  const circle: Answer = (response, seen, url) =>
    json(200, { value: [], nextLink: `${url}/next?page=1` })(response, seen, url);

  it.each([
    ['of subscriptions', (azure: Azure) => azure.subscriptions.list(signal)],
    ['of clusters', (azure: Azure) => azure.clusters.list(subscription, signal)],
    ['of scale sets', (azure: Azure) => azure.machines.scaleSets(subscription, 'rg', signal)],
    ['of role assignments', (azure: Azure) => azure.roles.assignmentsFor(identityId, principalId, signal)],
  ])('%s is given up', async (_title, list) => {
    const arm = await serve(...Array<Answer>(1_100).fill(circle));
    await expect(list(await arm.azure())).rejects.toMatchObject({ code: 'Unavailable' });
  });
});
