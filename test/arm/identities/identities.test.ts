import { afterEach, describe, expect, it } from 'vitest';
import { type Answer, type ArmServer, json, serveArm, text } from '../arm-server.ts';

const subscription = '11111111-1111-1111-1111-111111111111';

const identityId = `/subscriptions/${subscription}/resourceGroups/Rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/Web`;

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
  it('is read in its own subscription, its id as Azure spells it', async () => {
    const arm = await serve(
      json(200, {
        id: identityId.toLowerCase(),
        location: 'westeurope',
        properties: { clientId: 'c', principalId: 'p', tenantId: 't' },
      }),
    );
    expect(await (await arm.azure()).identities.get(identityId, signal)).toEqual({
      resourceId: identityId.toLowerCase(),
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
  ])('that %s is reported as such', async (_title, answer, code) => {
    const arm = await serve(answer);
    await expect((await arm.azure()).identities.get(identityId, signal)).rejects.toMatchObject({ code });
    expect(arm.seen).toHaveLength(1);
  });

  it('that is answered by an acceptance is not called a redirect', async () => {
    const arm = await serve(text(202, ''));
    await expect((await arm.azure()).identities.get(identityId, signal)).rejects.toMatchObject({
      code: 'Unavailable',
      message: expect.stringContaining('HTTP 202, which does not hold what was asked'),
    });
  });

  it('that is answered by nothing is not called a new one', async () => {
    const arm = await serve(text(200, ''), text(200, ''), text(200, ''));
    await expect((await arm.azure()).identities.get(identityId, signal)).rejects.toMatchObject({
      code: 'Unavailable',
      message: expect.stringContaining('an empty answer came back'),
    });
  });
});
