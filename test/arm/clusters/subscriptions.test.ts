import { afterEach, describe, expect, it } from 'vitest';
import { type Answer, type ArmServer, json, serveArm } from '../arm-server.ts';

const subscription = '11111111-1111-1111-1111-111111111111';

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
