import { describe, expect, it } from 'vitest';
import { diagnoseNode, type NodeFacts } from '../../../src/nmi/rules/diagnose-node.ts';
import { listenersOn } from '../../../src/nmi/rules/read-node-facts.ts';

const ordinary: NodeFacts = {
  backend: 'nft',
  port: 2579,
  ebpfHostRouting: false,
  earlierRedirects: [],
  upstreamChain: false,
  hostPortPods: [],
  linkLocal: false,
  othersOnPort: [],
};

describe('the diagnosis of a node', () => {
  it('finds nothing on an ordinary one', () => {
    expect(diagnoseNode(ordinary)).toEqual([]);
  });

  it.each([
    [{ ebpfHostRouting: true }, 'ebpf-host-routing', true],
    [{ earlierRedirects: ['ip other early'] }, 'earlier-redirect', true],
    [{ upstreamChain: true }, 'other-agent', false],
    [{ hostPortPods: ['shop/thief'] }, 'host-port', false],
    [{ linkLocal: true }, 'route-localnet-off', false],
    [{ othersOnPort: [0] }, 'port-taken', true],
    [{ backend: 'iptables' as const }, 'weak-backend', false],
  ])('of %j is %s', (fact, kind, blocking) => {
    const problems = diagnoseNode({ ...ordinary, ...fact });
    expect(problems).toEqual([{ kind, blocking, message: expect.stringMatching(/\.$/) }]);
  });
});

describe('the kernel’s list of sockets', () => {
  it('reports who listens on a port, and leaves connections out', () => {
    const text = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
      '   0: 0100007F:0A13 00000000:0000 0A 00000000:00000000 00:00000000 00000000 10001        0 1 1',
      '   1: 0100007F:0A13 0A00F40A:D431 01 00000000:00000000 00:00000000 00000000     0        0 2 1',
      '   2: 00000000:1F95 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 3 1',
    ].join('\n');
    expect(listenersOn(text, 2579)).toEqual([{ address: '0100007F', user: 10_001 }]);
  });
});
