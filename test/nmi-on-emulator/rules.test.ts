import { describe, expect, it } from 'vitest';
import { createRulesHandler } from '../../src/nmi/http/routes/rules.ts';
import { rulesTextFile } from '../../src/nmi/rules/text/rules-text.ts';
import { seedShop, startWorld } from './agent-world.ts';

describe('/rules of an agent', () => {
  it('says what the container that keeps the rules has read back', async () => {
    await using world = await startWorld({
      before: seedShop,
      flags: ['--heartbeat-file=HEARTBEAT', '--redirected-by-others=false'],
      waitForReady: false,
    });
    await rulesTextFile(world.heartbeatFile).put('table inet podid {\n}\n');
    const answer = await world.rules();
    expect([answer.status, answer.text]).toEqual([200, 'table inet podid {\n}\n']);
    expect((await world.rules({ method: 'POST' })).status).toBe(405);
  });

  it('says that nobody reads the rules back, where others redirect', async () => {
    await using world = await startWorld({ before: seedShop });
    const answer = await world.rules();
    expect(answer.status).toBe(404);
    expect(answer.text).toContain('Nobody reads the rules back');
  });

  it.each([
    ['10.244.0.9', '10.224.0.4'],
    ['fd00::9', 'fd00::4'],
    ['', ''],
  ])('is not for %s, that came to %s', async (remoteAddress, localAddress) => {
    const sent: unknown[] = [];
    const response = {
      writeHead: (code: number) => sent.push(code),
      end: (body: Buffer) => sent.push(String(body)),
    };
    const handle = createRulesHandler({ read: async () => 'secret' }, { monotonic: () => 0 });
    await handle({ method: 'GET', socket: { remoteAddress, localAddress } } as never, response as never);
    expect(sent).toEqual([403, expect.stringContaining('for this node alone')]);
  });
});
