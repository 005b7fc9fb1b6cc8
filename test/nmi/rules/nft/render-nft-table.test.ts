import { describe, expect, it } from 'vitest';
import { renderNftRemoval, renderNftTable } from '../../../../src/nmi/rules/nft/render-nft-table.ts';
import { defaultOptions } from '../default-options.ts';

const target = { address: '127.0.0.1', port: 2579 };

describe('the nft table', () => {
  it('replaces the old one within the same transaction', () => {
    const text = renderNftTable(defaultOptions, target);
    expect(text.startsWith('table inet podid\ndelete table inet podid\n')).toBe(true);
    expect(text.match(/^table inet podid \{$/gm)).toHaveLength(1);
  });

  it('holds each layer at the priority that beats iptables', () => {
    expect(renderNftTable(defaultOptions, target)).toMatchInlineSnapshot(`
      "table inet podid
      delete table inet podid

      table inet podid {
      	set newcomers {
      		type ipv4_addr
      		size 4096
      		flags dynamic,timeout
      		timeout 10s
      	}
      	chain to_agent {
      		type nat hook prerouting priority -110; policy accept;
      		iif != "lo" ip daddr 169.254.169.254 tcp dport 80 counter dnat ip to 127.0.0.1:2579 comment "podid: pods asking for IMDS are sent to the agent"
      	}
      	chain own_port {
      		type nat hook output priority -110; policy accept;
      		ip daddr 127.0.0.1 tcp dport 2579 dnat ip to 127.0.0.1:2579 comment "podid: no other NAT rule may take the port of the agent on the node"
      		ip daddr 169.254.169.254 tcp dport 80 dnat ip to 169.254.169.254:80 comment "podid: no other NAT rule may lead the node itself elsewhere than to IMDS"
      	}
      	chain own_way {
      		type filter hook output priority 0; policy accept;
      		ct direction original ct original ip daddr 169.254.169.254 ip daddr != 169.254.169.254 counter drop comment "podid: what the node asks IMDS reaches IMDS alone"
      	}
      	chain no_spoof {
      		type filter hook prerouting priority -310; policy accept;
      		iif != "lo" ip daddr 169.254.169.254 fib saddr . iif oif missing counter drop comment "podid: this source does not live behind this interface"
      	}
      	chain shield {
      		type filter hook forward priority -200; policy accept;
      		ip daddr 169.254.169.254 counter drop comment "podid: nothing but the redirect leads to IMDS"
      		ct original ip daddr 169.254.169.254 counter drop comment "podid: what was meant for IMDS goes nowhere else"
      	}
      	chain guard {
      		type filter hook input priority -200; policy accept;
      		iif "lo" accept comment "podid: the node talks to its own agent"
      		tcp dport 2579 goto arrival comment "podid: what comes from off the node is looked at"
      		ct direction original ct original ip daddr 127.0.0.0/8 counter drop comment "podid: nobody off the node reaches the loopback addresses of the node"
      		tcp dport { 9090, 8080 } tcp flags & (fin | syn | rst | ack) == syn counter reject with tcp reset comment "podid: only the node itself reaches probes and metrics"
      	}
      	chain arrival {
      		meta l4proto tcp ct direction original ct original ip daddr 169.254.169.254 ct original proto-dst 80 goto held comment "podid: it came through the redirect"
      		counter drop comment "podid: nobody off the node reaches the agent directly"
      	}
      	chain held {
      		tcp flags & (fin | syn | rst | ack) != syn return comment "podid: only new connections are held"
      		jump crowd comment "podid: whoever opens connections to the agent is counted"
      		socket transparent 0 return comment "podid: somebody listens"
      		socket transparent 1 return comment "podid: somebody listens"
      		counter drop comment "podid: nobody listens yet, the client tries again"
      	}
      	chain crowd {
      		update @newcomers { ip saddr limit rate over 200/second burst 256 packets } counter drop comment "podid: a source opens more connections than any client does, and tries again"
      		ip saddr != @newcomers limit rate over 200/second burst 256 packets counter drop comment "podid: too many sources are counted, the others have one limit together"
      	}
      }
      "
    `);
  });

  it('keeps pods from the wire server when asked to', () => {
    const open = renderNftTable(defaultOptions, target);
    const closed = renderNftTable({ ...defaultOptions, blockWireserver: true }, target);
    expect(open).not.toContain('168.63.129.16');
    expect(closed).toContain('ip daddr 168.63.129.16 tcp dport { 80, 32526 } counter drop');
  });

  it('follows addresses and ports of its own choice', () => {
    const options = { ...defaultOptions, port: 3000, metadataIp: '10.0.0.9', metadataPort: 8080 };
    const text = renderNftTable(options, { address: '169.254.79.25', port: 3000 });
    expect(text).toContain('ip daddr 10.0.0.9 tcp dport 8080 counter dnat ip to 169.254.79.25:3000');
    expect(text).toContain('tcp dport 3000 goto arrival');
    expect(text).not.toMatch(/2579|169\.254\.169\.254/);
  });

  it('goes without an error where there is none', () => {
    expect(renderNftRemoval()).toBe('table inet podid\ndelete table inet podid\n');
  });
});
