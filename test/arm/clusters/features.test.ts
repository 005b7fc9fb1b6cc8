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

  it.each([{}, { properties: {} }, { properties: null }, { properties: { state: 1 } }])(
    'is of unknown state, and not unregistered, where Azure answers %j',
    async (body) => {
      const arm = await serve(json(200, body));
      expect(await (await arm.azure()).features.state(subscription, signal)).toBe('Unknown');
    },
  );

  it('that may not be registered is reported as such', async () => {
    const arm = await serve(json(403, { error: { code: 'AuthorizationFailed', message: 'x' } }));
    await expect((await arm.azure()).features.register(subscription, signal)).rejects.toMatchObject({
      code: 'Forbidden',
    });
  });
});
