import { describe, expect, it } from 'vitest';
import type {
  ControllerLock,
  ControllerPod,
  ControllerProgram,
} from '../../../../src/domain/standard-mode/controller.ts';
import { readControllerStatus } from '../../../../src/workflows/agent/status/read-controller-status.ts';
import { fakePlace } from '../fake-agent-place.ts';

const { signal } = new AbortController();

const instance = (name: string, program: ControllerProgram = 'podid-mic', ready = true): ControllerPod => ({
  ...{ namespace: 'ids', name, program, ready, forceNamespaced: true },
  upstreamLock: { namespace: 'default', name: 'aad-pod-identity-mic' },
});
const lock = (program: ControllerProgram, holder: string, renewedMs: number): ControllerLock => ({
  ...{ program, place: `the lock of ${program}`, holder, renewedMs, durationSeconds: 15 },
});
const uuid = '_0b8f2c1e-0000-4000-8000-000000000001';

describe('the status of the controller', () => {
  const longAgo = -1_000_000;
  it.each([
    [
      'leads',
      [instance('podid-mic-a'), instance('podid-mic-b', 'podid-mic', false)],
      [lock('podid-mic', `podid-mic-a${uuid}`, 0)],
      { program: 'podid-mic', instances: 2, ready: 1, leader: 'podid-mic-a' },
      'Controller podid-mic: 1 of 2 instances ready, podid-mic-a leads.',
    ],
    [
      'has no leader',
      [instance('podid-mic-a')],
      [lock('podid-mic', `podid-mic-a${uuid}`, longAgo)],
      { program: 'podid-mic', instances: 1, ready: 1, leader: '' },
      'kubectl logs -n ids deployment/podid-mic',
    ],
    [
      'waits for another',
      [instance('podid-mic-a'), instance('mic-1', 'aad-pod-identity')],
      [lock('aad-pod-identity', 'mic-1', 0)],
      { program: 'podid-mic', instances: 1, ready: 1, leader: '' },
      'The other controller leads (the lock of aad-pod-identity)',
    ],
    [
      "is upstream's",
      [instance('mic-1', 'aad-pod-identity')],
      [lock('aad-pod-identity', 'mic-1', 0)],
      { program: 'aad-pod-identity', instances: 1, ready: 1, leader: 'mic-1' },
      'Controller aad-pod-identity: 1 of 1 instances ready, mic-1 leads.',
    ],
    [
      'leads from outside of the cluster',
      [],
      [lock('podid-mic', `laptop${uuid}`, 0)],
      { program: 'podid-mic', instances: 0, ready: 0, leader: 'laptop' },
      'Controller podid-mic: laptop leads, and runs outside of the cluster.',
    ],
    [
      "is upstream's, outside of the cluster",
      [],
      [lock('aad-pod-identity', 'mic-1', 0)],
      { program: 'aad-pod-identity', instances: 0, ready: 0, leader: 'mic-1' },
      'Controller aad-pod-identity: mic-1 leads, and runs outside of the cluster.',
    ],
    [
      'left its lock behind',
      [],
      [lock('podid-mic', `podid-mic-a${uuid}`, longAgo)],
      { program: 'podid-mic', instances: 0, ready: 0, leader: '' },
      'podid nmi install --namespace ids --set operationMode=standard',
    ],
    [
      'is not there',
      [],
      [],
      { program: 'podid-mic', instances: 0, ready: 0, leader: '' },
      'podid nmi install --namespace ids --set operationMode=standard',
    ],
  ] as const)('says whether it %s', async (_, controllers, locks, status, said) => {
    const place = fakePlace({}, {}, { controllers: async () => controllers, locks: async () => locks });
    expect(await readControllerStatus(place, 'ids', signal)).toEqual(status);
    expect(place.messages.join('\n')).toContain(said);
  });
});
