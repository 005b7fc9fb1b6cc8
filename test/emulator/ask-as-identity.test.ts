import { describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';

const subscription = '/subscriptions/00000000-0000-4000-8000-000000000001';
const group = `${subscription}/resourceGroups/demo-rg`;
const identity = (name: string) =>
  `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
const roles = '/providers/Microsoft.Authorization/roleAssignments';

async function tokenOf(
  { url }: Emulator,
  name: string,
  resource = 'https://management.azure.com/',
): Promise<string> {
  const query = new URLSearchParams({ 'api-version': '2018-02-01', resource, msi_res_id: identity(name) });
  const response = await fetch(`${url}/metadata/identity/oauth2/token?${query}`, {
    headers: { Metadata: 'true' },
  });
  return ((await response.json()) as { access_token: string }).access_token;
}

async function ask({ url }: Emulator, token: string, path: string, put?: unknown) {
  const response = await fetch(`${url}${path}?api-version=2022-04-01`, {
    method: put === undefined ? 'GET' : 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(put === undefined ? {} : { body: JSON.stringify(put) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** Reader of the group, given by the caller. */
async function letRead(emulator: Emulator, name: string): Promise<void> {
  const document = await ask(emulator, emulator.armToken, identity(name));
  const { principalId } = document.body['properties'] as { principalId: string };
  const roleDefinitionId = `${subscription}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7`;
  const put = { properties: { roleDefinitionId, principalId, principalType: 'ServicePrincipal' } };
  const path = `${group}${roles}/00000000-0000-4000-8000-0000000000f1`;
  expect((await ask(emulator, emulator.armToken, path, put)).status).toBe(201);
}

describe("an identity that asks the emulator's Azure Resource Manager with the token of a pod", () => {
  it.each([
    [group, 'Microsoft.Resources/subscriptions/resourceGroups/read'],
    [identity('jobs'), 'Microsoft.ManagedIdentity/userAssignedIdentities/read'],
    [
      `${group}/providers/Microsoft.ContainerService/managedClusters/demo`,
      'Microsoft.ContainerService/managedClusters/read',
    ],
  ])('reads %s where a role of its own lets it, and nowhere else', async (path, action) => {
    await using emulator = await startEmulator();
    const token = await tokenOf(emulator, 'web');
    const refused = await ask(emulator, token, path);
    expect(refused).toMatchObject({ status: 403, body: { error: { code: 'AuthorizationFailed' } } });
    expect(JSON.stringify(refused.body)).toContain(action);
    await letRead(emulator, 'web');
    expect((await ask(emulator, token, path)).status).toBe(200);
    expect((await ask(emulator, token, subscription)).status).toBe(403);
    expect((await ask(emulator, await tokenOf(emulator, 'jobs'), path)).status).toBe(403);
  });

  it('sees the subscriptions in which it has a role', async () => {
    await using emulator = await startEmulator();
    const token = await tokenOf(emulator, 'web');
    expect(await ask(emulator, token, '/subscriptions')).toEqual({ status: 200, body: { value: [] } });
    await letRead(emulator, 'web');
    const seen = await ask(emulator, token, '/subscriptions');
    expect(seen.body).toMatchObject({ value: [{ id: subscription }] });
  });

  it('changes nothing, whatever its roles are', async () => {
    await using emulator = await startEmulator();
    await letRead(emulator, 'web');
    const token = await tokenOf(emulator, 'web');
    const put = await ask(emulator, token, group, { location: 'westeurope' });
    expect(put.status).toBe(403);
  });

  it('is refused with a token for another resource', async () => {
    await using emulator = await startEmulator();
    await letRead(emulator, 'web');
    const token = await tokenOf(emulator, 'web', 'https://vault.azure.net');
    expect(await ask(emulator, token, group)).toMatchObject({
      status: 401,
      body: { error: { code: 'InvalidAuthenticationToken' } },
    });
  });
});
