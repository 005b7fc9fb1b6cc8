import { describe, expect, it } from 'vitest';
import type { NetworkPolicy } from '../../../../src/domain/kubernetes/network-policy.ts';
import type { AgentPod } from '../../../../src/domain/kubernetes/workloads.ts';
import { objectsAsEntries } from '../../../../src/k8s/mirror/read-objects.ts';
import { parsePod } from '../../../../src/validate/kubernetes/pod.ts';
import { networkPolicy } from '../../../../src/workflows/doctor/checks/network-policy.ts';
import { hintText } from '../../../hint-text.ts';
import { agentPod } from '../../agent/fake-agent-place.ts';
import { evidenceOf } from '../evidence-in-test.ts';

const node = ['169.254.169.254', 80] as const;
const loopback = ['127.0.0.1', 2579] as const;
const linkLocal = ['169.254.79.25', 2579] as const;

function judge(allowed: readonly (readonly [string, number])[], agents: readonly AgentPod[] = []) {
  const policy: NetworkPolicy = {
    ...{ namespace: 'demo', name: 'closed', podSelector: { matchLabels: {}, matchExpressions: [] } },
    egress: allowed.map(([address, port]) => ({
      ranges: [{ cidr: `${address}/32`, except: [] }],
      ports: [{ protocol: 'TCP', port }],
    })),
  };
  const pod = parsePod({ metadata: { uid: 'u', name: 'web-1', namespace: 'demo' } });
  const objects = objectsAsEntries({ identities: [], bindings: [], exceptions: [] });
  const policies = { kind: 'read' as const, value: [policy] };
  return networkPolicy.judge({
    ...evidenceOf({ pods: pod ? [pod] : [], objects }),
    policies,
    agents: { kind: 'read', value: agents },
  });
}

describe('the check of network policies', () => {
  it.each([
    [[node, loopback, linkLocal], 'pass', /^No network policy/],
    [[node, loopback], 'warn', /demo\/web-1 by demo\/closed \(not to 169\.254\.79\.25:2579\)/],
    [[node, linkLocal], 'warn', /\(not to 127\.0\.0\.1:2579\)/],
    [[loopback, linkLocal], 'warn', /\(not to 169\.254\.169\.254:80\)/],
    [[linkLocal], 'warn', /\(not to 169\.254\.169\.254:80 and 127\.0\.0\.1:2579\)/],
    [[], 'fail', /keeps pods from the metadata service: demo\/web-1 by demo\/closed/],
  ] as const)('knows all addresses that a redirect may lead to: %j', (allowed, result, message) => {
    const verdict = judge(allowed);
    expect(verdict).toMatchObject({ result, message: expect.stringMatching(message) });
    if (result !== 'pass') {
      expect(String(verdict.hint)).toContain('127.0.0.1/32 TCP 2579 and 169.254.79.25/32 TCP 2579');
    }
  });

  it('knows the port of an agent that is beside another', () => {
    const beside = agentPod('node-1', { redirectPort: 2580 });
    expect(judge([node, loopback, linkLocal], [beside])).toMatchObject({
      result: 'warn',
      message: expect.stringContaining('(not to 127.0.0.1:2580 and 169.254.79.25:2580)'),
      hint: hintText(expect.stringContaining('127.0.0.1/32 TCP 2580 and 169.254.79.25/32 TCP 2580')),
    });
    const own = [['127.0.0.1', 2580] as const, ['169.254.79.25', 2580] as const];
    expect(judge([node, ...own], [beside])).toMatchObject({ result: 'pass' });
    expect(judge([node, ...own], [beside, agentPod('node-1')])).toMatchObject({ result: 'warn' });
  });
});
