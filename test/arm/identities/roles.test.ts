import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/runtime/system-clock.ts';
import { type Answer, type ArmServer, json, serveArm, text } from '../arm-server.ts';

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

  it('are created for a service principal, once the principal is known and no request fails', async () => {
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

  it('are not asked for again at once, where the date to come back at has passed', async () => {
    const past = { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' };
    const arm = await serve(json(429, {}, past), json(429, {}, { 'retry-after': '0' }), json(201, row));
    const pauses: number[] = [];
    const clock = { ...systemClock(), sleep: async (ms: number) => void pauses.push(ms) };
    const { roles } = await arm.azure({ clock });
    expect(await roles.create(grant, signal)).toEqual({ created: true });
    expect(pauses).toEqual([1_000, 1_000]);
  });

  it('end with what Azure said last when the time for them is up', async () => {
    const arm = await serve(json(503, {}), json(503, { error: { code: 'Later', message: 'Not now.' } }));
    const limit = new AbortController();
    let pauses = 0;
    const sleep = async () => {
      pauses += 1;
      if (pauses === 2) {
        limit.abort(new Error('The time is up.'));
        throw limit.signal.reason;
      }
    };
    const { roles } = await arm.azure({ clock: { ...systemClock(), sleep } });
    await expect(roles.create(grant, limit.signal)).rejects.toMatchObject({
      code: 'Unavailable',
      details: [{ code: 'Later' }],
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
    'that %s keeps out are reported with a hint of its own',
    async (code) => {
      const arm = await serve(json(409, { error: { code, message: 'x' } }));
      const error = await (await arm.azure()).roles.create(grant, signal).catch((caught) => caught);
      expect(error).toMatchObject({ code: 'RoleAssignmentBlocked', exitCode: 5, details: [{ code }] });
      expect(String(error.hint)).not.toBe('az role assignment list shows what is there.');
    },
  );

  it('that may not be written are reported at once with caller, action and scope', async () => {
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
      permissions: [{ actions: ['*'], notActions: [], dataActions: [], notDataActions: [] }],
    });
  });
});
