import {
  newConnections,
  type RedirectOptions,
  type RedirectTarget,
  rulePurposes,
  wireserver,
} from '../redirect-options.ts';

/** The table that is podid's alone; everything in it may be thrown away and written anew. */
export const ownTable = { family: 'inet', name: 'podid' } as const;

/**
 * The whole table as one nft transaction: the old one goes and the new one comes in the same instant.
 *
 * Security: hooks run in order of priority, so −110 stands before iptables' DNAT (−100) of either backend,
 * and a connection that has its NAT keeps it; −200 in `forward` stands before everyone's ACCEPT, and a drop
 * is final in every other chain too. Layer two drops instead of rejecting: the client's SYN is sent again,
 * into a redirect that is back by then.
 */
export function renderNftTable(options: RedirectOptions, target: RedirectTarget): string {
  const { metadataIp, metadataPort } = options;
  const agent = `${target.address}:${target.port}`;
  return `${renderNftRemoval()}
table ${ownTable.family} ${ownTable.name} {
${[
  ...(options.newConnectionsPerSec > 0 ? [newcomers] : []),
  chain('to_agent', 'type nat hook prerouting priority -110; policy accept;', [
    rule(
      `iif != "lo" ip daddr ${metadataIp} tcp dport ${metadataPort} counter dnat ip to ${agent}`,
      'redirect',
    ),
  ]),
  chain('own_port', 'type nat hook output priority -110; policy accept;', [
    rule(`ip daddr 127.0.0.1 tcp dport ${target.port} dnat ip to 127.0.0.1:${target.port}`, 'ownPort'),
    rule(
      `ip daddr ${metadataIp} tcp dport ${metadataPort} dnat ip to ${metadataIp}:${metadataPort}`,
      'ownImds',
    ),
  ]),
  // Whoever's NAT came before even that: the agent would hand out as a token whatever answered it.
  chain('own_way', 'type filter hook output priority 0; policy accept;', [
    rule(
      `ct direction original ct original ip daddr ${metadataIp} ip daddr != ${metadataIp} counter drop`,
      'ownAstray',
    ),
  ]),
  chain('no_spoof', 'type filter hook prerouting priority -310; policy accept;', [
    rule(`iif != "lo" ip daddr ${metadataIp} fib saddr . iif oif missing counter drop`, 'spoofed'),
  ]),
  chain('shield', 'type filter hook forward priority -200; policy accept;', [
    rule(`ip daddr ${metadataIp} counter drop`, 'shield'),
    // Whoever's NAT came first: what was meant for IMDS goes to the agent, and that is never forwarded.
    rule(`ct original ip daddr ${metadataIp} counter drop`, 'astray'),
    ...(options.blockWireserver ? [renderWireserver()] : []),
  ]),
  chain('guard', 'type filter hook input priority -200; policy accept;', [
    rule('iif "lo" accept', 'nodeItself'),
    rule(`tcp dport ${target.port} goto arrival`, 'toAgent'),
    // Raw frames, where route_localnet lets them in: probes and metrics are as close as the agent's port. What
    // was sent elsewhere, and led here by NAT, and answers, are none of this.
    rule('ct direction original ct original ip daddr 127.0.0.0/8 counter drop', 'ownLoopback'),
    ...renderSidePorts(options),
  ]),
  chain('arrival', '', [
    rule(
      `meta l4proto tcp ct direction original ct original ip daddr ${metadataIp} ct original proto-dst ${metadataPort} goto held`,
      'redirected',
    ),
    rule('counter drop', 'direct'),
  ]),
  chain('held', '', [
    rule(`${tcpFlags} != syn return`, 'established'),
    ...(options.newConnectionsPerSec > 0 ? [rule('jump crowd', 'counted')] : []),
    // Any socket counts. `socket wildcard` would not see one in TIME_WAIT, and a client that takes the same
    // port again would wait a minute.
    rule('socket transparent 0 return', 'listening'),
    rule('socket transparent 1 return', 'listening'),
    rule('counter drop', 'held'),
  ]),
  ...(options.newConnectionsPerSec > 0
    ? [chain('crowd', '', renderCrowding(options.newConnectionsPerSec))]
    : []),
].join('\n')}
}
`;
}

/** Takes the table away, and does nothing when there is none. */
export function renderNftRemoval(): string {
  const table = `table ${ownTable.family} ${ownTable.name}`;
  return `${table}\ndelete ${table}\n`;
}

const newcomers = `\tset newcomers {
\t\ttype ipv4_addr
\t\tsize ${newConnections.sources}
\t\tflags dynamic,timeout
\t\ttimeout ${newConnections.forgottenAfterSec}s
\t}`;

const tcpFlags = 'tcp flags & (fin | syn | rst | ack)';

/** A reset, so that whoever asks for a closed port need not wait until it gives up. */
function renderSidePorts({ closedPorts, openPorts, newConnectionsPerSec }: RedirectOptions): string[] {
  const opensOneOf = (ports: readonly number[]) => `tcp dport { ${ports.join(', ')} } ${tcpFlags} == syn`;
  return [
    ...(closedPorts.length > 0
      ? [rule(`${opensOneOf(closedPorts)} counter reject with tcp reset`, 'closed')]
      : []),
    ...(openPorts.length > 0 && newConnectionsPerSec > 0
      ? [rule(`${opensOneOf(openPorts)} jump crowd`, 'open')]
      : []),
  ];
}

/** A source that is not in the set after the first rule has found no room in it. */
function renderCrowding(perSecond: number): readonly string[] {
  const limit = `limit rate over ${perSecond}/second burst ${newConnections.atOnce} packets`;
  return [
    rule(`update @newcomers { ip saddr ${limit} } counter drop`, 'crowding'),
    rule(`ip saddr != @newcomers ${limit} counter drop`, 'uncounted'),
  ];
}

function renderWireserver(): string {
  return rule(
    `ip daddr ${wireserver.ip} tcp dport { ${wireserver.ports.join(', ')} } counter drop`,
    'wireserver',
  );
}

function rule(statement: string, purpose: keyof typeof rulePurposes): string {
  return `${statement} comment "${rulePurposes[purpose]}"`;
}

/** One chain of a table. @param hook where it begins, and its policy; empty for a chain that others go to */
export function chain(name: string, hook: string, rules: readonly string[]): string {
  return [
    `\tchain ${name} {`,
    ...(hook === '' ? [] : [hook]).concat(rules).map((line) => `\t\t${line}`),
    '\t}',
  ].join('\n');
}
