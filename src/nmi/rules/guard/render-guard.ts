import { chain } from '../nft/render-nft-table.ts';
import type { Pins } from './plan-pins.ts';

/**
 * The guard's own table. It is not part of the redirect's: the one is written anew without touching the
 * other.
 */
export const guardTable = { family: 'bridge', name: 'podid_guard' } as const;

/** What one rule is for, kept as its comment. */
const guardPurposes = {
  otherLink: 'podid: not a veth of a pod',
  known: 'podid: a veth that the CNI plugin wrote down',
  unknownVeth: 'podid: an unknown veth is looked at',
  byArp: 'podid: ARP is looked at',
  byIpv6: 'podid: IPv6 is looked at',
  ownAddress: 'podid: the own MAC and address of the pod',
  ownArp: 'podid: the own MAC and address of the pod, by ARP',
  spoofed: 'podid: a pod used what is not its own',
  router: 'podid: pods are not routers',
  strangeTarget: 'podid: a pod may call no address its own but its own',
  unknownTook: 'podid: an unknown veth used what is another one’s',
  unknownImds: 'podid: an unknown veth reaches no IMDS',
  unknownOther: 'podid: an unknown veth speaks IP and ARP alone',
  unknown: 'podid: an unknown veth may go on',
  linkLocalGroup: 'podid: pods do not speak the protocols of switches',
  astray: 'podid: what is for a pod goes to that pod alone',
} as const;

/** The kinds of each set, in the order in which they are written. */
const setKinds: Readonly<Record<keyof Pins, string>> = {
  veths: 'type ifname',
  pins4: 'type ifname . ether_addr . ipv4_addr',
  pins6: 'type ifname . ether_addr . ipv6_addr',
  targets6: 'typeof iifname . @th,64,128',
  takenMacs: 'type ether_addr',
  taken4: 'type ipv4_addr',
  taken6: 'type ipv6_addr',
  takenTargets6: 'typeof @th,64,128',
  quieted: 'type ifname',
};

export const setNames = Object.keys(setKinds) as readonly (keyof Pins)[];

/** A word for nftables: names of links are quoted, since they may hold what it reads otherwise. */
const firstIsLink: ReadonlySet<keyof Pins> = new Set(['veths', 'pins4', 'pins6', 'targets6', 'quieted']);

/**
 * The whole table as one transaction: the old one goes and the new one comes in the same instant.
 *
 * Security: `prerouting` of the bridge family comes before the bridge learns which port a MAC is behind, so
 * that a frame that is dropped moves nobody's MAC. Frames to the link-local groups take another way: through
 * `input`, and some (LLDP's) through no hook at all, which is why the bridges are configured not to learn
 * from those. Behind both stands `postrouting`: whatever the bridge has learned, and where it floods what it
 * has not, a packet for a pod leaves by that pod's veth alone. `ether type` is read from the frame itself,
 * hence a tag in front of IP makes a frame that is not IP.
 */
export function renderGuard(pins: Pins, metadataIp: string): string {
  return `${renderGuardRemoval()}
table ${guardTable.family} ${guardTable.name} {
${[
  ...setNames.map((name) => renderSet(name, pins[name])),
  chain('from_veths', 'type filter hook prerouting priority -300; policy accept;', [
    rule('meta iifkind != "veth" accept', 'otherLink'),
    rule('iifname @veths goto known', 'known'),
    rule('goto unknown', 'unknownVeth'),
  ]),
  chain('known', '', [
    rule('ether type ip iifname . ether saddr . ip saddr @pins4 accept', 'ownAddress'),
    rule('ether type arp goto known_arp', 'byArp'),
    rule('ether type ip6 goto known_ip6', 'byIpv6'),
    rule('counter drop', 'spoofed'),
  ]),
  chain('known_arp', '', [
    rule(
      `${ordinaryArp} iifname . ether saddr . arp saddr ip @pins4 iifname . arp saddr ether . arp saddr ip @pins4 accept`,
      'ownArp',
    ),
    rule('counter drop', 'spoofed'),
  ]),
  chain('known_ip6', '', [
    rule(`icmpv6 type { ${routersWords} } counter drop`, 'router'),
    rule('icmpv6 type nd-neighbor-advert iifname . @th,64,128 != @targets6 counter drop', 'strangeTarget'),
    rule('ip6 saddr :: icmpv6 type != nd-neighbor-solicit counter drop', 'spoofed'),
    rule('ip6 saddr :: meta l4proto != icmpv6 counter drop', 'spoofed'),
    rule('ip6 saddr :: iifname . @th,64,128 != @targets6 counter drop', 'strangeTarget'),
    rule('iifname . ether saddr . ip6 saddr @pins6 accept', 'ownAddress'),
    rule('counter drop', 'spoofed'),
  ]),
  chain('unknown', '', [
    rule('ether saddr @takenMacs counter drop', 'unknownTook'),
    rule('ether type ip ip saddr @taken4 counter drop', 'unknownTook'),
    rule(`ether type ip ip daddr ${metadataIp} counter drop`, 'unknownImds'),
    rule('ether type arp goto unknown_arp', 'byArp'),
    rule('ether type ip6 goto unknown_ip6', 'byIpv6'),
    rule('ether type != ip counter drop', 'unknownOther'),
  ]),
  chain('unknown_arp', '', [
    rule(`${ordinaryArp} arp saddr ether != @takenMacs arp saddr ip != @taken4 accept`, 'unknown'),
    rule('counter drop', 'unknownTook'),
  ]),
  chain('unknown_ip6', '', [
    rule('ip6 saddr @taken6 counter drop', 'unknownTook'),
    rule(`icmpv6 type { ${routersWords} } counter drop`, 'router'),
    rule('icmpv6 type nd-neighbor-advert @th,64,128 @takenTargets6 counter drop', 'unknownTook'),
  ]),
  chain('groups', 'type filter hook input priority -300; policy accept;', [
    rule(
      'meta iifkind "veth" ether daddr 01:80:c2:00:00:00-01:80:c2:00:00:0f counter drop',
      'linkLocalGroup',
    ),
  ]),
  chain('to_veths', 'type filter hook postrouting priority 300; policy accept;', [
    rule(
      'meta oifkind "veth" ether type ip ip daddr @taken4 oifname . ether daddr . ip daddr != @pins4 counter drop',
      'astray',
    ),
    rule(
      'meta oifkind "veth" ether type ip6 ip6 daddr @taken6 oifname . ether daddr . ip6 daddr != @pins6 counter drop',
      'astray',
    ),
  ]),
].join('\n')}
}
`;
}

/** Fills the sets anew in one transaction: no packet sees one of them empty. */
export function renderPins(pins: Pins, changed: readonly (keyof Pins)[]): string {
  const where = `${guardTable.family} ${guardTable.name}`;
  return changed
    .flatMap((name) => [
      `flush set ${where} ${name}`,
      ...(pins[name].length === 0 ? [] : [`add element ${where} ${name} ${elements(name, pins[name])}`]),
      '',
    ])
    .join('\n');
}

/** Takes the table away, and does nothing when there is none. */
export function renderGuardRemoval(): string {
  const table = `table ${guardTable.family} ${guardTable.name}`;
  return `${table}\ndelete ${table}\n`;
}

/** Ethernet and IPv4, whose fields are where the rules look for them. */
const ordinaryArp = 'arp htype 1 arp ptype ip arp hlen 6 arp plen 4';
const routersWords = 'nd-router-advert, nd-redirect';

function renderSet(name: keyof Pins, values: readonly string[]): string {
  const filled = values.length === 0 ? [] : [`\t\telements = ${elements(name, values)}`];
  return [`\tset ${name} {`, `\t\t${setKinds[name]}`, ...filled, '\t}'].join('\n');
}

function elements(name: keyof Pins, values: readonly string[]): string {
  const words = firstIsLink.has(name) ? values.map((value) => value.replace(/^\S+/, '"$&"')) : values;
  return `{ ${words.join(', ')} }`;
}

function rule(statement: string, purpose: keyof typeof guardPurposes): string {
  return `${statement} comment "${guardPurposes[purpose]}"`;
}
