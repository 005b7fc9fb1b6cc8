import { describe, expect, it } from 'vitest';
import { createRulesHandler } from '../../src/nmi/http/routes/rules.ts';
import { FileTooLarge } from '../../src/nmi/rules/read-small-file.ts';
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

  it('are refused with a sentence where the file is none that podid wrote', async () => {
    const sent: unknown[] = [];
    const response = {
      writeHead: (code: number) => sent.push(code),
      end: (body: Buffer) => sent.push(String(body)),
    };
    const read = () =>
      Promise.reject(new FileTooLarge('rules.txt has 9 bytes, and at most 8 of it are read.'));
    const handle = createRulesHandler({ read }, { monotonic: () => 0 });
    const socket = { remoteAddress: '127.0.0.1', localAddress: '127.0.0.1' };
    await handle({ method: 'GET', socket } as never, response as never);
    expect(sent).toEqual([
      500,
      'rules.txt has 9 bytes, and at most 8 of it are read. podid writes none so large.',
    ]);
  });
});
