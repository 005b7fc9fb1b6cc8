import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { earlierRedirects, listChains } from '../../../src/nmi/rules/earlier-redirects.ts';
import type { RunTool } from '../../../src/nmi/rules/run-tool.ts';

const early = { family: 'ip', table: 'mesh', name: 'early', type: 'nat', hook: 'prerouting', prio: -120 };
const metadataIp = '169.254.169.254';

function found(chain: object, rule: string, backend: 'nft' | 'iptables' = 'nft') {
  const run: RunTool = async (_tool, args) => ({
    code: 0,
    stdout: args.includes('chains')
      ? JSON.stringify({ nftables: [{ metainfo: {} }, { chain: { ...early, ...chain } }] })
      : `table ip mesh {\n\tchain early {\n\t\t${rule}\n\t}\n}\n`,
    stderr: '',
  });
  return read(run, backend);
}

async function read(run: RunTool, backend: 'nft' | 'iptables' = 'nft') {
  return earlierRedirects(run, { backend, metadataIp }, await listChains(run));
}

describe('redirects of others that come before podid’s', () => {
  it.each([
    'ip daddr 169.254.169.254 tcp dport 80 dnat to 10.0.0.9:8080',
    'ip daddr 169.254.0.0/16 dnat to 10.0.0.9',
    'ip daddr { 10.0.0.0/8, 169.254.169.250-169.254.169.255 } dnat to 10.0.0.9',
    'ip daddr 0.0.0.0/0 dnat to 10.0.0.9',
  ])('are found by %s', async (rule) => {
    expect(await found({}, rule)).toEqual(['ip mesh early']);
    expect(await found({ prio: -110 }, rule)).toEqual(['ip mesh early']);
    expect(await found({ hook: 'output' }, rule)).toEqual(['ip mesh early']);
  });

  it.each([
    [{}, 'ip daddr 168.63.129.16 dnat to 10.0.0.9'],
    [{}, 'ip daddr 999.254.169.254/99 dnat to 10.0.0.9'],
    [{ prio: -100 }, 'ip daddr 169.254.169.254 dnat to 10.0.0.9'],
    [{ hook: 'postrouting' }, 'ip daddr 169.254.169.254 snat to 10.0.0.9'],
    [{ type: 'filter' }, 'ip daddr 169.254.169.254 drop'],
    [{ family: 'inet', table: 'podid' }, 'ip daddr 169.254.169.254 dnat to 127.0.0.1:2579'],
  ])('are not what %j with %s is', async (chain, rule) => {
    expect(await found(chain, rule)).toEqual([]);
  });

  it('come earlier than iptables’ own chain with the other backend', async () => {
    const rule = 'ip daddr 169.254.169.254 dnat to 10.0.0.9';
    expect(await found({ prio: -105 }, rule, 'iptables')).toEqual(['ip mesh early']);
    expect(await found({ prio: -100, table: 'nat', name: 'PREROUTING' }, rule, 'iptables')).toEqual([]);
  });

  it('are none where nft is missing or prints something else', async () => {
    const missing: RunTool = () => Promise.reject(new Error('no nft'));
    expect(await read(missing)).toEqual([]);
    await fc.assert(
      fc.asyncProperty(fc.string(), async (stdout) => {
        const run: RunTool = async () => ({ code: 0, stdout, stderr: '' });
        expect(await read(run)).toEqual([]);
      }),
    );
  });
});
