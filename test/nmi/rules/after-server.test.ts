import { describe, expect, it } from 'vitest';
import { afterServer } from '../../../src/nmi/rules/after-server.ts';
import { handClock, settle } from '../../domain/time/hand-clock.ts';

/** As /proc/net/tcp has it: port 2579 is 0A13. */
const row = (port: string, state: string, user: number) =>
  `   0: 0100007F:${port} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000 ${user} 0 1`;
const listening = row('0A13', '0A', 10_001);

async function ending(server: { readonly port: number; readonly user?: number }) {
  const clock = handClock();
  const stop = new AbortController();
  const node = { sockets: listening };
  const after = afterServer(server, clock, stop.signal, async () => node.sockets);
  await clock.advance(60_000);
  expect(after.aborted).toBe(false);
  stop.abort(new Error('SIGTERM'));
  await settle();
  return { clock, node, after };
}

describe('what keeps the rules ends', () => {
  it('once the server has closed its port', async () => {
    const { clock, node, after } = await ending({ port: 2579, user: 10_001 });
    await clock.advance(4_000);
    expect(after.aborted).toBe(false);
    node.sockets = row('0A13', '06', 10_001);
    await clock.advance(100);
    expect(after.aborted).toBe(true);
    expect(String(after.reason)).toContain('SIGTERM');
  });

  it('six seconds later at the latest', async () => {
    const { clock, after } = await ending({ port: 2579 });
    await clock.advance(5_900);
    expect(after.aborted).toBe(false);
    await clock.advance(200);
    expect(after.aborted).toBe(true);
  });

  it.each([
    ['another port', { port: 2580 }],
    ['somebody else on the port', { port: 2579, user: 10_002 }],
  ])('at once where it is %s', async (_what, server) => {
    expect((await ending(server)).after.aborted).toBe(true);
  });
});
