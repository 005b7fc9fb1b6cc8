import { describe, expect, it } from 'vitest';
import { ownChains, renderIptables } from '../../../../src/nmi/rules/iptables/render-iptables.ts';
import { defaultOptions } from '../default-options.ts';

const target = { address: '127.0.0.1', port: 2579 };

describe('the iptables rules', () => {
  it('carry the same layers as the nft table, the drop before the redirect', () => {
    expect(renderIptables(defaultOptions, target)).toMatchInlineSnapshot(`
      "*filter
      :podid-shield - [0:0]
      :podid-own-way - [0:0]
      :podid-closed - [0:0]
      -A podid-shield -d 169.254.169.254/32 -m comment --comment "podid: nothing but the redirect leads to IMDS" -j DROP
      -A podid-shield -m conntrack --ctorigdst 169.254.169.254 -m comment --comment "podid: what was meant for IMDS goes nowhere else" -j DROP
      -A podid-own-way -m conntrack --ctorigdst 169.254.169.254 --ctdir ORIGINAL ! -d 169.254.169.254/32 -m comment --comment "podid: what the node asks IMDS reaches IMDS alone" -j DROP
      -A podid-closed -i lo -m comment --comment "podid: the node talks to its own agent" -j RETURN
      -A podid-closed -p tcp -m tcp --syn -m multiport --dports 9090,8080 -m comment --comment "podid: only the node itself reaches probes and metrics" -j REJECT --reject-with tcp-reset
      COMMIT
      *raw
      :podid-no-spoof - [0:0]
      -A podid-no-spoof -d 169.254.169.254/32 ! -i lo -m rpfilter --invert -m comment --comment "podid: this source does not live behind this interface" -j DROP
      COMMIT
      *mangle
      :podid-crowd - [0:0]
      :podid-held - [0:0]
      :podid-guard - [0:0]
      -A podid-crowd -p tcp -m hashlimit --hashlimit-above 200/sec --hashlimit-burst 256 --hashlimit-mode srcip --hashlimit-name podid-newcomers --hashlimit-htable-max 65536 --hashlimit-htable-expire 10000 -m comment --comment "podid: a source opens more connections than any client does, and tries again" -j DROP
      -A podid-held -p tcp -m tcp ! --syn -m comment --comment "podid: only new connections are held" -j RETURN
      -A podid-held -m comment --comment "podid: whoever opens connections to the agent is counted" -j podid-crowd
      -A podid-held -m socket --nowildcard -m comment --comment "podid: somebody listens" -j RETURN
      -A podid-held -m comment --comment "podid: nobody listens yet, the client tries again" -j DROP
      -A podid-guard -i lo -m comment --comment "podid: the node talks to its own agent" -j RETURN
      -A podid-guard -p tcp -m tcp --dport 2579 -m conntrack --ctorigdst 169.254.169.254 --ctorigdstport 80 --ctdir ORIGINAL -m comment --comment "podid: it came through the redirect" -g podid-held
      -A podid-guard -p tcp -m tcp --dport 2579 -m comment --comment "podid: nobody off the node reaches the agent directly" -j DROP
      -A podid-guard -m conntrack --ctorigdst 127.0.0.0/8 --ctdir ORIGINAL -m comment --comment "podid: nobody off the node reaches the loopback addresses of the node" -j DROP
      COMMIT
      *nat
      :podid-to-agent - [0:0]
      :podid-own-port - [0:0]
      -A podid-to-agent -d 169.254.169.254/32 ! -i lo -p tcp -m tcp --dport 80 -m comment --comment "podid: pods asking for IMDS are sent to the agent" -j DNAT --to-destination 127.0.0.1:2579
      -A podid-own-port -d 127.0.0.1/32 -p tcp -m tcp --dport 2579 -m comment --comment "podid: no other NAT rule may take the port of the agent on the node" -j DNAT --to-destination 127.0.0.1:2579
      -A podid-own-port -d 169.254.169.254/32 -p tcp -m tcp --dport 80 -m comment --comment "podid: no other NAT rule may lead the node itself elsewhere than to IMDS" -j DNAT --to-destination 169.254.169.254:80
      COMMIT
      "
    `);
  });

  it('name every chain of podid exactly once, so that each is replaced as a whole', () => {
    const text = renderIptables(defaultOptions, target);
    for (const { name } of ownChains) {
      expect(text.split(`:${name} - [0:0]`)).toHaveLength(2);
      expect(text).toContain(`-A ${name} `);
    }
  });

  it('keep pods from the wire server when asked to', () => {
    const text = renderIptables({ ...defaultOptions, blockWireserver: true }, target);
    expect(text).toContain('-d 168.63.129.16/32 -p tcp -m multiport --dports 80,32526');
  });
});
