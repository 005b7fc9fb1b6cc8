import { describe, expect, it } from 'vitest';
import { planPins } from '../../../../src/nmi/rules/guard/plan-pins.ts';
import { renderGuard, renderPins } from '../../../../src/nmi/rules/guard/render-guard.ts';

const nobody = planPins({ results: [], bridges: [], ownMacs: [], ownAddresses: [], quieted: [] });
const somebody = planPins({
  results: [
    {
      podUid: 'u',
      namespace: 'shop',
      name: 'web-0',
      addresses: ['10.244.0.10'],
      hostPorts: [],
      nodeLinks: ['veth1'],
      mac: '0a:00:00:00:00:01',
    },
  ],
  bridges: [],
  ownMacs: [],
  ownAddresses: [],
  quieted: [],
});

describe('the guard’s table', () => {
  it('replaces the old one within the same transaction, and lets nothing pass that no rule names', () => {
    expect(renderGuard(somebody, '169.254.169.254')).toMatchInlineSnapshot(`
      "table bridge podid_guard
      delete table bridge podid_guard

      table bridge podid_guard {
      	set veths {
      		type ifname
      		elements = { "veth1" }
      	}
      	set pins4 {
      		type ifname . ether_addr . ipv4_addr
      		elements = { "veth1" . 0a:00:00:00:00:01 . 10.244.0.10 }
      	}
      	set pins6 {
      		type ifname . ether_addr . ipv6_addr
      		elements = { "veth1" . 0a:00:00:00:00:01 . ::, "veth1" . 0a:00:00:00:00:01 . fe80::800:ff:fe00:1 }
      	}
      	set targets6 {
      		typeof iifname . @th,64,128
      		elements = { "veth1" . 0xfe80000000000000080000fffe000001 }
      	}
      	set takenMacs {
      		type ether_addr
      		elements = { 0a:00:00:00:00:01 }
      	}
      	set taken4 {
      		type ipv4_addr
      		elements = { 10.244.0.10 }
      	}
      	set taken6 {
      		type ipv6_addr
      		elements = { fe80::800:ff:fe00:1 }
      	}
      	set takenTargets6 {
      		typeof @th,64,128
      		elements = { 0xfe80000000000000080000fffe000001 }
      	}
      	set quieted {
      		type ifname
      	}
      	chain from_veths {
      		type filter hook prerouting priority -300; policy accept;
      		meta iifkind != "veth" accept comment "podid: not a veth of a pod"
      		iifname @veths goto known comment "podid: a veth that the CNI plugin wrote down"
      		goto unknown comment "podid: an unknown veth is looked at"
      	}
      	chain known {
      		ether type ip iifname . ether saddr . ip saddr @pins4 accept comment "podid: the own MAC and address of the pod"
      		ether type arp goto known_arp comment "podid: ARP is looked at"
      		ether type ip6 goto known_ip6 comment "podid: IPv6 is looked at"
      		counter drop comment "podid: a pod used what is not its own"
      	}
      	chain known_arp {
      		arp htype 1 arp ptype ip arp hlen 6 arp plen 4 iifname . ether saddr . arp saddr ip @pins4 iifname . arp saddr ether . arp saddr ip @pins4 accept comment "podid: the own MAC and address of the pod, by ARP"
      		counter drop comment "podid: a pod used what is not its own"
      	}
      	chain known_ip6 {
      		icmpv6 type { nd-router-advert, nd-redirect } counter drop comment "podid: pods are not routers"
      		icmpv6 type nd-neighbor-advert iifname . @th,64,128 != @targets6 counter drop comment "podid: a pod may call no address its own but its own"
      		ip6 saddr :: icmpv6 type != nd-neighbor-solicit counter drop comment "podid: a pod used what is not its own"
      		ip6 saddr :: meta l4proto != icmpv6 counter drop comment "podid: a pod used what is not its own"
      		ip6 saddr :: iifname . @th,64,128 != @targets6 counter drop comment "podid: a pod may call no address its own but its own"
      		iifname . ether saddr . ip6 saddr @pins6 accept comment "podid: the own MAC and address of the pod"
      		counter drop comment "podid: a pod used what is not its own"
      	}
      	chain unknown {
      		ether saddr @takenMacs counter drop comment "podid: an unknown veth used what is another one’s"
      		ether type ip ip saddr @taken4 counter drop comment "podid: an unknown veth used what is another one’s"
      		ether type ip ip daddr 169.254.169.254 counter drop comment "podid: an unknown veth reaches no IMDS"
      		ether type arp goto unknown_arp comment "podid: ARP is looked at"
      		ether type ip6 goto unknown_ip6 comment "podid: IPv6 is looked at"
      		ether type != ip counter drop comment "podid: an unknown veth speaks IP and ARP alone"
      	}
      	chain unknown_arp {
      		arp htype 1 arp ptype ip arp hlen 6 arp plen 4 arp saddr ether != @takenMacs arp saddr ip != @taken4 accept comment "podid: an unknown veth may go on"
      		counter drop comment "podid: an unknown veth used what is another one’s"
      	}
      	chain unknown_ip6 {
      		ip6 saddr @taken6 counter drop comment "podid: an unknown veth used what is another one’s"
      		icmpv6 type { nd-router-advert, nd-redirect } counter drop comment "podid: pods are not routers"
      		icmpv6 type nd-neighbor-advert @th,64,128 @takenTargets6 counter drop comment "podid: an unknown veth used what is another one’s"
      	}
      	chain groups {
      		type filter hook input priority -300; policy accept;
      		meta iifkind "veth" ether daddr 01:80:c2:00:00:00-01:80:c2:00:00:0f counter drop comment "podid: pods do not speak the protocols of switches"
      	}
      	chain to_veths {
      		type filter hook postrouting priority 300; policy accept;
      		meta oifkind "veth" ether type ip ip daddr @taken4 oifname . ether daddr . ip daddr != @pins4 counter drop comment "podid: what is for a pod goes to that pod alone"
      		meta oifkind "veth" ether type ip6 ip6 daddr @taken6 oifname . ether daddr . ip6 daddr != @pins6 counter drop comment "podid: what is for a pod goes to that pod alone"
      	}
      }
      "
    `);
  });

  it('is the same without a pod, but for its sets', () => {
    const rules = (text: string) => text.replace(/^\t\telements.*\n/gm, '');
    expect(rules(renderGuard(nobody, '169.254.169.254'))).toBe(
      rules(renderGuard(somebody, '169.254.169.254')),
    );
  });
});

describe('a change of pods', () => {
  it('empties and fills a set in one transaction, with names of links in quotes', () => {
    expect(renderPins(somebody, ['veths', 'pins4', 'quieted'])).toBe(
      [
        'flush set bridge podid_guard veths',
        'add element bridge podid_guard veths { "veth1" }',
        '',
        'flush set bridge podid_guard pins4',
        'add element bridge podid_guard pins4 { "veth1" . 0a:00:00:00:00:01 . 10.244.0.10 }',
        '',
        'flush set bridge podid_guard quieted',
        '',
      ].join('\n'),
    );
  });
});
