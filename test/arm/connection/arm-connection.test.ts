import { describe, expect, it } from 'vitest';
import { loopbackSignInCommand } from '../../../src/domain/hints/emulator-command.ts';
import type { Azure } from '../../../src/domain/ports.ts';
import { json, serveArm } from '../arm-server.ts';

const subscriptionId = '11111111-1111-1111-1111-111111111111';
const signal = new AbortController().signal;

/** What podid reads without the client of an SDK. */
const reads: [string, (azure: Azure) => Promise<unknown>][] = [
  ['a cluster', ({ clusters }) => clusters.get({ subscriptionId, resourceGroup: 'rg', name: 'web' }, signal)],
  ['the clusters', ({ clusters }) => clusters.list(subscriptionId, signal)],
  ['the subscriptions', ({ subscriptions }) => subscriptions.list(signal)],
  ['a feature', ({ features }) => features.state(subscriptionId, signal)],
  ['permissions', ({ permissions }) => permissions.at(`/subscriptions/${subscriptionId}`, signal)],
  ['scale sets', ({ machines }) => machines.scaleSets(subscriptionId, 'rg', signal)],
];

describe('a read', () => {
  it.each(reads)('of %s that a loopback endpoint refuses is told how to sign in there', async (_, read) => {
    const refused = json(401, { error: { code: 'InvalidAuthenticationToken', message: 'No.' } });
    const arm = await serveArm(refused, refused);
    try {
      await expect(read(await arm.azure())).rejects.toMatchObject({
        code: 'NotSignedIn',
        hint: loopbackSignInCommand,
      });
    } finally {
      await arm.close();
    }
  });

  it.each(reads)('of %s is tried again after a transient failure', async (_, read) => {
    const arm = await serveArm(json(503, {}), json(200, { properties: {}, value: [] }));
    try {
      await read(await arm.azure());
      // To silence a server or a proxy may answer in any encoding.
      expect(arm.seen.map(({ headers }) => headers['accept-encoding'])).toEqual(['identity', 'identity']);
      expect(arm.seen.map(({ method }) => method)).toEqual(['GET', 'GET']);
    } finally {
      await arm.close();
    }
  });
});
