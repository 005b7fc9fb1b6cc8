import { describe, expect, it } from 'vitest';
import { earlierIptablesRules } from '../../../../src/nmi/rules/iptables/earlier-iptables-rules.ts';
import type { RunTool } from '../../../../src/nmi/rules/run-tool.ts';

const options = { metadataIp: '169.254.169.254', metadataPort: 80 };
const ours: Readonly<Record<string, string>> = {
  PREROUTING: '-A PREROUTING -j podid-to-agent',
  OUTPUT: '-A OUTPUT -j podid-own-port',
};

/** @param chains what others wrote, by chain; in a built-in one it stands above podid's jump */
async function found(chains: Readonly<Record<string, string>>, below = '') {
  const listed: string[] = [];
  const run: RunTool = async (_tool, args) => {
    const chain = args.at(-1) ?? '';
    listed.push(chain);
    const isKnown = chain in chains || chain in ours;
    return {
      code: isKnown ? 0 : 1,
      stdout: `-P ${chain} ACCEPT\n${chains[chain] ?? ''}\n${ours[chain] ?? ''}\n${below}\n`,
      stderr: '',
    };
  };
  return { found: await earlierIptablesRules(run, options), listed };
}

const named = '-A OUTPUT -d 169.254.169.254/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.9:80';

describe('rules above podid’s in iptables’ own chains', () => {
  it.each<[string, Readonly<Record<string, string>>]>([
    ['OUTPUT', { OUTPUT: named }],
    ['OUTPUT', { OUTPUT: '-A OUTPUT -d 169.254.0.0/16 -j REDIRECT --to-ports 99' }],
    ['OUTPUT', { OUTPUT: '-A OUTPUT -d 169.254.0.0/16 -j RETURN' }],
    ['OUTPUT', { OUTPUT: '-A OUTPUT -d 169.254.0.0/16 -p tcp -m multiport --dports 22,79:81 -j ACCEPT' }],
    ['OUTPUT', { OUTPUT: '-A OUTPUT ! -d 10.0.0.0/8 -j MESH', MESH: named.replace('OUTPUT', 'MESH') }],
    [
      'PREROUTING',
      { PREROUTING: '-A PREROUTING -m iprange --dst-range 169.254.169.250-169.254.169.255 -j ACCEPT' },
    ],
  ])('are found in %s: %j', async (hook, chains) => {
    const chain = 'MESH' in chains ? 'MESH' : hook;
    expect((await found(chains)).found).toEqual([`iptables nat ${chain}`]);
  });

  it('are followed through a Service that claims the metadata address', async () => {
    const service =
      '-A KUBE-SERVICES -d 169.254.169.254/32 -p tcp -m comment --comment "a/b cluster IP" -j KUBE-SVC-A';
    const others = Array.from(
      { length: 50 },
      (_, i) => `-A KUBE-SERVICES -d 10.0.0.${i}/32 -p tcp -j KUBE-SVC-${i}`,
    );
    const last = '-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS';
    const end = '-A KUBE-SEP-A -p tcp -m tcp -j DNAT --to-destination 10.244.0.9:80';
    const { found: rules, listed } = await found({
      PREROUTING: '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
      'KUBE-SERVICES': [...others, service, last].join('\n'),
      'KUBE-SVC-A': '-A KUBE-SVC-A -m statistic --mode random -j KUBE-SEP-A',
      'KUBE-SEP-A': end,
    });
    expect(rules).toEqual(['iptables nat KUBE-SEP-A']);
    expect(listed.filter((chain) => chain.startsWith('KUBE-SVC-'))).toEqual(['KUBE-SVC-A']);
    expect(listed).not.toContain('KUBE-NODEPORTS');
  });

  it.each([
    '-A OUTPUT ! -d 169.254.0.0/16 -j DNAT --to-destination 10.0.0.9',
    '-A OUTPUT -d 169.254.169.254/32 -p udp -m udp --dport 53 -j ACCEPT',
    '-A OUTPUT -d 169.254.169.254/32 -p tcp -m tcp --dport 8080 -j ACCEPT',
    '-A OUTPUT -d 169.254.169.254/32 -p tcp -m tcp ! --dport 80 -j ACCEPT',
    '-A OUTPUT -d 169.254.169.254/32 -j LOG',
    '-A OUTPUT -p tcp -m comment --comment "for -d 169.254.169.254 -j DNAT" -j DNAT --to-destination 10.0.0.9',
    '-A OUTPUT -m addrtype --dst-type LOCAL -j DOCKER',
  ])('are not what %s is', async (rule) => {
    expect((await found({ OUTPUT: rule, DOCKER: '-A DOCKER -d 169.254.169.254/32 -j DNAT' })).found).toEqual(
      [],
    );
  });

  it('are none below, and none where iptables is missing', async () => {
    expect((await found({}, named)).found).toEqual([]);
    const missing: RunTool = () => Promise.reject(new Error('no iptables'));
    expect(await earlierIptablesRules(missing, options)).toEqual([]);
  });
});
