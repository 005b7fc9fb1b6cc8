import { setMaxListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tokenSourceAnnotation } from '../../../src/domain/exchange/token-source.ts';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { clusterWith, identityId } from '../fake-azure.ts';
import { clientIdOf, ExchangeWorld, issuer, ownCredential, refusedBy, switched } from './exchange-world.ts';

setMaxListeners(0);

const kinds = [
  'plain',
  'trusted',
  'adopted',
  'switched',
  'both',
  'full',
  'slash',
  'sp',
  'no-client',
  'bad',
  'gone',
] as const;
type Kind = (typeof kinds)[number];

/** An identity of each kind, and whether it comes to be exchanged. */
function put(world: ExchangeWorld, name: string, kind: Kind): void {
  const full = Array.from({ length: 20 }, (_, at) => ({ ...ownCredential, name: `${at}`, subject: `${at}` }));
  const resourceID = identityId(name);
  switch (kind) {
    case 'plain':
      return void world.add(name);
    case 'trusted':
      return void world.add(name, { credentials: [ownCredential] });
    case 'adopted':
      return void world.add(name, { credentials: [{ ...ownCredential, name: 'theirs' }] });
    case 'switched':
      return void world.add(name, { annotations: switched });
    case 'both':
      return void world.add(name, { annotations: switched, credentials: [ownCredential] });
    case 'full':
      return void world.add(name, { credentials: full });
    case 'slash':
      return void world.add(name, {
        credentials: [{ ...ownCredential, name: 'slashless', issuer: issuer.slice(0, -1) }],
      });
    case 'sp':
      return void world.addObject(name, { type: 1, clientID: clientIdOf(name) });
    case 'no-client':
      return void world.addObject(name, { resourceID });
    case 'bad':
      return void world.add(name, { annotations: { [tokenSourceAnnotation]: 'both' } });
    case 'gone':
      return void world.addObject(name, { resourceID, clientID: clientIdOf(name) });
  }
}

const canExchange: readonly Kind[] = ['plain', 'trusted', 'adopted', 'switched', 'both', 'slash'];

const worlds = fc.record({
  kinds: fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 6 }),
  issuerOn: fc.boolean(),
  failing: fc.array(fc.nat(5)),
  killAt: fc.option(fc.nat(8), { nil: undefined }),
});

describe('enabling an exchange, whatever stands there', () => {
  it('switches nobody that Entra refuses, goes on after it was killed, and is empty at last', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async (given) => {
        const world = new ExchangeWorld();
        given.kinds.forEach((kind, at) => {
          put(world, `id-${at}`, kind);
        });
        if (!given.issuerOn) {
          world.cluster = clusterWith();
        }
        const isFailing = (name: string) => given.failing.some((at) => name === `id-${at}`);
        const before = new Map(given.kinds.map((_, at) => [`id-${at}`, world.sourceOf(`id-${at}`)]));
        world.entra = (name) => (isFailing(name) ? refusedBy('AADSTS700212') : undefined);
        const stop = new AbortController();
        world.beforeWrite = () => {
          if (world.writes.length === given.killAt) {
            stop.abort(new PodidError('Interrupted', 'Interrupted.'));
            throw stop.signal.reason;
          }
        };
        await world.enable({}, stop.signal).catch((error: unknown) => {
          expect(error).toMatchObject({ code: 'Interrupted' });
        });
        world.beforeWrite = () => undefined;
        const { done } = await world.enable();
        for (const [at, kind] of given.kinds.entries()) {
          const name = `id-${at}`;
          const row = done?.result[at];
          // One that was switched before is exchanged by what stands there, whether or not it was ever rehearsed.
          if (['switched', 'both'].includes(kind) && isFailing(name)) {
            continue;
          }
          if (canExchange.includes(kind) && !isFailing(name)) {
            expect(row).toMatchObject({ name, source: 'exchange', state: 'exchange' });
          } else {
            expect(world.sourceOf(name)).toBe(before.get(name));
            expect(row?.reason ?? '').toMatch(/^\w+: /);
          }
        }
        const written = world.writes.length;
        world.entra = (name) => (isFailing(name) ? refusedBy('AADSTS700212') : undefined);
        await world.enable();
        expect(world.writes.slice(written)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('and disabling it brings everybody back, and is empty the second time', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, fc.boolean(), async (given, revokeTrust) => {
        const world = new ExchangeWorld();
        given.kinds.forEach((kind, at) => {
          put(world, `id-${at}`, kind);
        });
        await world.enable();
        const { done } = await world.disable({ revokeTrust });
        expect(done?.failure).toBeUndefined();
        expect(done?.result.filter(({ source }) => source === 'exchange')).toEqual([]);
        const written = world.writes.length;
        await world.disable({ revokeTrust });
        expect(world.writes.slice(written)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});
