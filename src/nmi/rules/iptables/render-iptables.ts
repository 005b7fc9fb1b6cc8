import {
  newConnections,
  type RedirectOptions,
  type RedirectTarget,
  rulePurposes,
  wireserver,
} from '../redirect-options.ts';

/**
 * A chain of podid's own and the built-in chain that jumps to it; `hook` is absent for one that only others
 * reach.
 */
export interface OwnChain {
  readonly table: 'raw' | 'mangle' | 'filter' | 'nat';
  readonly name: string;
  readonly hook?: 'PREROUTING' | 'INPUT' | 'FORWARD' | 'OUTPUT';
}

/** The strictest first: written in this order, no moment lets a pod through to IMDS. */
export const ownChains: readonly OwnChain[] = [
  { table: 'filter', name: 'podid-shield', hook: 'FORWARD' },
  { table: 'filter', name: 'podid-own-way', hook: 'OUTPUT' },
  { table: 'filter', name: 'podid-closed', hook: 'INPUT' },
  { table: 'raw', name: 'podid-no-spoof', hook: 'PREROUTING' },
  { table: 'mangle', name: 'podid-crowd' },
  { table: 'mangle', name: 'podid-held' },
  { table: 'mangle', name: 'podid-guard', hook: 'INPUT' },
  { table: 'nat', name: 'podid-to-agent', hook: 'PREROUTING' },
  { table: 'nat', name: 'podid-own-port', hook: 'OUTPUT' },
];

/**
 * The same layers as `render-nft-table.ts`, as input for `iptables-restore --noflush`, which replaces each
 * named chain as a whole. `rpfilter` works in raw and mangle only; a `goto` keeps a held connection's RETURN
 * from falling into the DROP below the jump.
 */
export function renderIptables(options: RedirectOptions, target: RedirectTarget): string {
  const { metadataIp, metadataPort } = options;
  const imds = `-d ${metadataIp}/32`;
  const bodies: Readonly<Record<string, readonly string[]>> = {
    'podid-shield': [
      rule('podid-shield', imds, 'shield', '-j DROP'),
      rule('podid-shield', `-m conntrack --ctorigdst ${metadataIp}`, 'astray', '-j DROP'),
      ...(options.blockWireserver ? [renderWireserver()] : []),
    ],
    'podid-own-way': [
      rule(
        'podid-own-way',
        `-m conntrack --ctorigdst ${metadataIp} --ctdir ORIGINAL ! -d ${metadataIp}/32`,
        'ownAstray',
        '-j DROP',
      ),
    ],
    // The table in which a connection can be refused; mangle can but drop.
    'podid-closed': [
      rule('podid-closed', '-i lo', 'nodeItself', '-j RETURN'),
      ...toOneOf('podid-closed', options.closedPorts, 'closed', '-j REJECT --reject-with tcp-reset'),
    ],
    'podid-no-spoof': [rule('podid-no-spoof', `${imds} ! -i lo -m rpfilter --invert`, 'spoofed', '-j DROP')],
    'podid-crowd': [
      ...(options.newConnectionsPerSec > 0 ? [renderCrowding(options.newConnectionsPerSec)] : []),
    ],
    'podid-held': [
      rule('podid-held', '-p tcp -m tcp ! --syn', 'established', '-j RETURN'),
      rule('podid-held', '', 'counted', '-j podid-crowd'),
      rule('podid-held', '-m socket --nowildcard', 'listening', '-j RETURN'),
      rule('podid-held', '', 'held', '-j DROP'),
    ],
    'podid-guard': [
      rule('podid-guard', '-i lo', 'nodeItself', '-j RETURN'),
      rule(
        'podid-guard',
        `-p tcp -m tcp --dport ${target.port} -m conntrack --ctorigdst ${metadataIp} --ctorigdstport ${metadataPort} --ctdir ORIGINAL`,
        'redirected',
        '-g podid-held',
      ),
      rule('podid-guard', `-p tcp -m tcp --dport ${target.port}`, 'direct', '-j DROP'),
      rule('podid-guard', '-m conntrack --ctorigdst 127.0.0.0/8 --ctdir ORIGINAL', 'ownLoopback', '-j DROP'),
      ...toOneOf('podid-guard', options.openPorts, 'open', '-j podid-crowd'),
    ],
    'podid-to-agent': [
      rule(
        'podid-to-agent',
        `${imds} ! -i lo -p tcp -m tcp --dport ${metadataPort}`,
        'redirect',
        `-j DNAT --to-destination ${target.address}:${target.port}`,
      ),
    ],
    'podid-own-port': [
      rule(
        'podid-own-port',
        `-d 127.0.0.1/32 -p tcp -m tcp --dport ${target.port}`,
        'ownPort',
        `-j DNAT --to-destination 127.0.0.1:${target.port}`,
      ),
      rule(
        'podid-own-port',
        `${imds} -p tcp -m tcp --dport ${metadataPort}`,
        'ownImds',
        `-j DNAT --to-destination ${metadataIp}:${metadataPort}`,
      ),
    ],
  };
  return (['filter', 'raw', 'mangle', 'nat'] as const)
    .map((table) => {
      const chains = ownChains.filter((chain) => chain.table === table);
      return [
        `*${table}`,
        ...chains.map(({ name }) => `:${name} - [0:0]`),
        ...chains.flatMap(({ name }) => bodies[name] ?? []),
        'COMMIT\n',
      ].join('\n');
    })
    .join('');
}

/** iptables drops whoever finds the table full, and has no limit for all of them: it holds every address of a /16. */
const mostSources = 65_536;

function renderCrowding(perSecond: number): string {
  const limit = {
    above: `${perSecond}/sec`,
    burst: newConnections.atOnce,
    mode: 'srcip',
    name: 'podid-newcomers',
    'htable-max': mostSources,
    'htable-expire': newConnections.forgottenAfterSec * 1000,
  };
  const words = Object.entries(limit).map(([word, value]) => `--hashlimit-${word} ${value}`);
  return rule('podid-crowd', `-p tcp -m hashlimit ${words.join(' ')}`, 'crowding', '-j DROP');
}

/** New connections to one of these ports. */
function toOneOf(
  chain: string,
  ports: readonly number[],
  purpose: keyof typeof rulePurposes,
  verdict: string,
): readonly string[] {
  const match = `-p tcp -m tcp --syn -m multiport --dports ${ports.join(',')}`;
  return ports.length === 0 ? [] : [rule(chain, match, purpose, verdict)];
}

function renderWireserver(): string {
  const ports = wireserver.ports.join(',');
  return rule(
    'podid-shield',
    `-d ${wireserver.ip}/32 -p tcp -m multiport --dports ${ports}`,
    'wireserver',
    '-j DROP',
  );
}

function rule(chain: string, match: string, purpose: keyof typeof rulePurposes, verdict: string): string {
  const words = ['-A', chain, match, '-m comment --comment', `"${rulePurposes[purpose]}"`, verdict];
  return words.filter((word) => word !== '').join(' ');
}
