import { afterEach, describe, expect, it } from 'vitest';
import type { Azure } from '../../../src/domain/ports.ts';
import { type Answer, type ArmServer, json, serveArm, text } from '../arm-server.ts';

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

const lists: readonly (readonly [string, (azure: Azure) => Promise<unknown>])[] = [
  ['of subscriptions', (azure) => azure.subscriptions.list(signal)],
  ['of clusters', (azure) => azure.clusters.list(subscription, signal)],
  ['of identities', (azure) => azure.identities.list(subscription, signal)],
  ['of scale sets', (azure) => azure.machines.scaleSets(subscription, 'rg', signal)],
  ['of role assignments', (azure) => azure.roles.assignmentsFor(identityId, principalId, signal)],
  ['of permissions', (azure) => azure.permissions.at(identityId, signal)],
];

describe('a list whose pages lead in a circle', () => {
  const circle: Answer = (response, seen, url) =>
    json(200, { value: [], nextLink: `${url}/next?page=1` })(response, seen, url);

  const paged = lists.filter(([what]) => !['of identities', 'of permissions'].includes(what));
  it.each(paged)('%s is given up', async (_title, list) => {
    const arm = await serve(...Array<Answer>(1_100).fill(circle));
    await expect(list(await arm.azure())).rejects.toMatchObject({ code: 'Unavailable' });
  });
});

describe('an answer without a list', () => {
  const answers = ['{}', '[]', '{"value":null}', '{"value":{}}', 'null'];

  it.each(lists)('is no empty list %s', async (_what, list) => {
    for (const answer of answers) {
      const arm = await serve(text(200, answer, { 'content-type': 'application/json' }));
      await expect(list(await arm.azure()), answer).rejects.toMatchObject({ code: 'Unavailable' });
    }
  });
});
