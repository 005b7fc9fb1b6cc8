import { describe, expect, it } from 'vitest';
import { PodidError } from '../../../../src/errors/podid-error.ts';
import { networkPlugin } from '../../../../src/workflows/doctor/checks/network-plugin.ts';
import type { Evidence } from '../../../../src/workflows/doctor/evidence.ts';
import { agentPod } from '../../agent/fake-agent-place.ts';
import { clusterWith } from '../../fake-azure.ts';
import { evidenceOf } from '../evidence-in-test.ts';

const unread = { kind: 'unread', error: new PodidError('Forbidden', 'You may not get it.') } as const;

function judge(more: Partial<Evidence> & { readonly profile?: object }) {
  const { profile = { enabled: false }, ...inside } = more;
  const evidence = evidenceOf({ pods: [], objects: { identities: [], exceptions: [] } });
  const cluster = clusterWith({ networkPlugin: 'kubenet' }, profile);
  return networkPlugin.judge({ ...evidence, cluster: { kind: 'read', value: cluster }, ...inside });
}

/** Nodes, and whether the agent on each says that its guard is active; undefined: it says nothing. */
function guarded(...active: readonly (boolean | undefined)[]): Partial<Evidence> {
  const nodes = active.map((_, at) => ({
    ...{ name: `n${at}`, os: 'linux', ready: true, virtual: false, taints: [], providerId: '' },
  }));
  const agentProbes = active.map((is, at) => ({
    agent: agentPod(`n${at}`),
    readiness: unread,
    metrics:
      is === undefined
        ? unread
        : ({ kind: 'read', value: `podid_nmi_address_guard_active ${is ? 1 : 0}\n` } as const),
    log: unread,
  }));
  return { nodes: { kind: 'read', value: nodes }, agentProbes };
}

describe('kubenet', () => {
  it.each([
    ['nothing', {}, 'warn'],
    ['the policy', { netRawPolicy: { kind: 'read', value: 'kyverno' } }, 'pass'],
    ['no policy', { netRawPolicy: { kind: 'read', value: 'none' } }, 'warn'],
    ['a policy that may not be read', { netRawPolicy: unread }, 'warn'],
    ['the guard on all nodes', guarded(true, true), 'pass'],
    ['the guard on one of two', guarded(true, false), 'warn'],
    ['an agent that says nothing', guarded(true, undefined), 'warn'],
    ['no node', guarded(), 'warn'],
    [
      'the add-on without its consent, whatever else',
      { ...guarded(true), profile: { enabled: true } },
      'fail',
    ],
    [
      'the add-on with its consent, and nothing else',
      { profile: { enabled: true, allowNetworkPluginKubenet: true } },
      'warn',
    ],
  ] as const)('with %s', (_what, more, result) => {
    const verdict = judge(more);
    expect(verdict.result).toBe(result);
    expect(String(verdict.hint ?? '')).toMatch(result === 'pass' ? /^$/ : /podid policy kubenet .*--apply/);
  });
});
