import { afterEach, describe, expect, it } from 'vitest';
import type { Azure } from '../../../src/domain/ports.ts';
import { type Answer, type ArmServer, json, serveArm } from '../arm-server.ts';

const subscription = '11111111-1111-1111-1111-111111111111';

const identityId = `/subscriptions/${subscription}/resourceGroups/Rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/Web`;

const principalId = '22222222-2222-2222-2222-222222222222';

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
