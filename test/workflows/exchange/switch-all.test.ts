import { describe, expect, it } from 'vitest';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { switchAll } from '../../../src/workflows/exchange/switch-all.ts';
import type { Progress } from '../../../src/workflows/exchange/switch-identity.ts';
import { clusterId } from '../fake-azure.ts';
import { trust } from './exchange-world.ts';

const interrupted = new PodidError('Interrupted', 'Interrupted.');

/** An interruption while each identity stands so. */
async function told(...all: readonly object[]): Promise<string> {
  const deps = {
    report: { progress: () => undefined },
    signal: AbortSignal.abort(interrupted),
    deadline: { within: () => Promise.reject(interrupted) },
  };
  const view = { basis: { trust }, cluster: { id: clusterId, resourceId: 'aks' } };
  const ended = await switchAll(
    deps as never,
    view as never,
    { rehearsal: { rounds: 1, overMs: 1 } } as never,
    all as readonly Progress[],
  ).catch(String);
  return String(ended);
}

function at(name: string, steps: object, how: Progress['at'] = 'rehearsed'): object {
  return { at: how, steps: { standing: { row: { namespace: 'shop', name } }, ...steps } };
}

describe('an interruption of podid exchange enable', () => {
  it('says of each identity that has its credential where its tokens still come from', async () => {
    const text = await told(
      at('web', { switches: true }),
      at('jobs', { switches: true }, 'trusted'),
      at('api', { switches: true, replaces: 'agent' }),
      at('cron', { switches: true, replaces: 'workload' }),
      at('mended', { switches: false }),
      at('late', { switches: true }, 'waiting'),
      at('done', { switches: true }, 'switched'),
    );
    for (const sentence of [
      'Switched: shop/done.',
      'With a federated credential, and still served by IMDS: shop/web, shop/jobs.',
      "and still exchanged by the agent's token: shop/api.",
      "and still exchanged by the tokens of pods' accounts: shop/cron.",
      'and still exchanged as before: shop/mended.',
      'The same command goes on from there.',
    ]) {
      expect(text).toContain(sentence);
    }
    expect(text).not.toContain('late');
  });

  it('says nothing of sources where nobody has come so far', async () => {
    const text = await told(at('late', { switches: true }, 'waiting'));
    expect(text).toContain('No identity was switched. The same command goes on from there.');
  });
});
