import { describe, expect, it } from 'vitest';
import type { AgentPod } from '../../../../src/domain/kubernetes/workloads.ts';
import type { ControllerLock, ControllerPod } from '../../../../src/domain/standard-mode/controller.ts';
import { PodidError } from '../../../../src/errors/podid-error.ts';
import { controller } from '../../../../src/workflows/doctor/checks/controller.ts';
import type { StandardEvidence } from '../../../../src/workflows/doctor/evidence.ts';
import { waitsForController } from '../../../../src/workflows/doctor/standard-mode.ts';
import { agentPod } from '../../agent/fake-agent-place.ts';
import { evidenceOf } from '../evidence-in-test.ts';

const nmi = agentPod('a', { name: 'nmi-a', daemonSet: 'nmi', needsMic: true });
const addon = { ...nmi, ofAddon: true };
const readMs = Date.parse('2026-11-30T02:00:00Z');
const none = { kind: 'read' as const, value: [] };
const unread = { kind: 'unread' as const, error: new PodidError('Forbidden', 'No right.') };

const pod: ControllerPod = {
  namespace: 'ids',
  name: 'mic-1',
  program: 'podid-mic',
  ready: true,
  forceNamespaced: true,
  upstreamLock: { namespace: 'default', name: 'aad-pod-identity-mic' },
};

function lock(more: Partial<ControllerLock> = {}): ControllerLock {
  const place = 'lease kube-system/podid-mic';
  return { program: 'podid-mic', place, holder: 'mic-1_a', renewedMs: readMs, durationSeconds: 15, ...more };
}

function judge(
  { pods = [], locks = [] }: { pods?: readonly ControllerPod[]; locks?: readonly ControllerLock[] },
  more: Partial<StandardEvidence> & { agents?: readonly AgentPod[] } = {},
) {
  const evidence = evidenceOf({ pods: [], objects: { identities: [], exceptions: [] } });
  const standard: StandardEvidence = {
    ...{ assignments: none, events: none, readMs },
    controllers: { kind: 'read', value: pods },
    locks: { kind: 'read', value: locks },
    ...more,
  };
  return controller.judge({ ...evidence, agents: { kind: 'read', value: more.agents ?? [nmi] }, standard });
}

describe('a cluster in standard mode', () => {
  it.each([
    ["upstream's agents", { ...nmi, provesReadiness: false }, '--force --set operationMode=standard'],
    ['what the add-on left behind', addon, '--force --set operationMode=standard'],
    [
      "podid's agents",
      { ...nmi, namespace: 'ids', provesReadiness: true },
      '--namespace ids --set operationMode=standard',
    ],
  ])('without any controller is a fault, with %s', (_, agent, command) => {
    const { result, message, hint } = judge({}, { agents: [agent] });
    expect(result).toBe('fail');
    expect(message).toContain('runs in standard mode, and the cluster has no controller');
    expect(String(hint)).toMatch(new RegExp(`podid nmi install .*${command}$`));
    expect(String(hint)).not.toContain('podid disable');
  });

  it.each<[string, Parameters<typeof judge>[0], RegExp, string]>([
    [
      'whose holder died',
      { pods: [pod], locks: [lock({ renewedMs: readMs - 100_000 })] },
      /mic-1_a has not renewed the lease kube-system\/podid-mic for 100 s/,
      'kubectl logs -n ids mic-1',
    ],
    [
      'that was given back',
      { pods: [{ ...pod, ready: false }], locks: [lock({ holder: '' })] },
      /the lease kube-system\/podid-mic was given back\. Not ready: ids\/mic-1\./,
      'kubectl describe pod -n ids mic-1',
    ],
    ['that nobody took', { pods: [pod] }, /nobody has taken the lease/, 'kubectl logs -n ids mic-1'],
  ])('with a lease %s has no leader', (_, parts, message, hint) => {
    const verdict = judge(parts);
    expect([verdict.result, verdict.message, String(verdict.hint)]).toEqual([
      'fail',
      expect.stringMatching(message),
      hint,
    ]);
  });

  it.each<[string, Parameters<typeof judge>[0], string]>([
    ['podid-mic', { pods: [pod], locks: [lock()] }, 'podid-mic leads: mic-1_a'],
    ['podid-mic outside of the cluster', { locks: [lock()] }, 'podid-mic leads: mic-1_a'],
    ['a clock that is half a minute off', { locks: [lock({ renewedMs: readMs - 45_000 })] }, 'leads'],
    [
      "upstream's MIC",
      { locks: [lock({ program: 'aad-pod-identity', place: 'endpoints default/aad-pod-identity-mic' })] },
      "aad-pod-identity's MIC leads: mic-1_a (endpoints default/aad-pod-identity-mic).",
    ],
  ])('is well where there leads %s', (_, parts, message) => {
    expect(judge(parts)).toMatchObject({ result: 'pass', message: expect.stringContaining(message) });
  });

  it('with two that hold a lock is worth a warning', () => {
    const upstream = lock({ program: 'aad-pod-identity', place: 'endpoints ids/x', holder: 'mic-0' });
    const { result, message } = judge({ pods: [pod], locks: [lock(), upstream] });
    expect([result, message]).toEqual(['warn', expect.stringContaining('mic-0 (endpoints ids/x)')]);
  });

  it('is not judged where the locks may not be read', () => {
    expect(judge({ pods: [pod] }, { locks: unread }).result).toBe('skip');
  });
});

describe('an agent', () => {
  const cluster = (enabled: boolean) => {
    const { cluster } = evidenceOf({
      pods: [],
      objects: { identities: [], exceptions: [] },
      profile: { enabled },
    });
    return { cluster };
  };
  it.each([
    ["upstream's in standard mode", nmi, false, true],
    ["the add-on's, which is on: its mode is AKS's affair", addon, true, false],
    ['what the add-on left behind', addon, false, true],
    ['one in managed mode', { ...nmi, needsMic: false }, false, false],
  ])('waits for a controller or not: %s', (_, agent, enabled, expected) => {
    expect(waitsForController(agent, cluster(enabled))).toBe(expected);
  });
});
