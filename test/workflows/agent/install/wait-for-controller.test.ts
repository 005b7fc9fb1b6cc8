import { describe, expect, it } from 'vitest';
import type { ControllerRollout } from '../../../../src/domain/kubernetes/agent-cluster.ts';
import type { AgentValues } from '../../../../src/domain/kubernetes/agent-values.ts';
import {
  expectNamespacesDecided,
  waitForController,
} from '../../../../src/workflows/agent/install/wait-for-controller.ts';
import { fakePlace } from '../fake-agent-place.ts';

const { signal } = new AbortController();
const wait = { timeoutMs: 5000, intervalMs: 1000, signal };
const release = { name: 'podid', namespace: 'ids', version: '0.1.0' };
const standard = { mode: 'standard', forceNamespaced: undefined } as AgentValues;

describe('waiting for the controller', () => {
  const deployment = {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'podid-mic', namespace: 'ids' } },
  };
  const render = (...objects: (typeof deployment)[]) => ({
    render: () => ({ definitions: [], objects }),
  });
  const rollout = (done: boolean): ControllerRollout => ({
    ...{ desired: 2, ready: done ? 2 : 1, done, trouble: ['podid-mic-b: container mic: ImagePullBackOff'] },
  });

  it('ends when all of it is ready, and needs none in managed mode', async () => {
    let asked = 0;
    const place = fakePlace({
      ...render(deployment),
      controllerRollout: async () => {
        asked += 1;
        return asked === 1 ? undefined : rollout(asked === 3);
      },
    });
    await waitForController(place, { values: standard, release }, wait);
    expect(asked).toBe(3);
    await waitForController(fakePlace(render()), { values: standard, release }, wait);
  });

  it('says what keeps it from being ready', async () => {
    const place = fakePlace({ ...render(deployment), controllerRollout: async () => rollout(false) });
    await expect(waitForController(place, { values: standard, release }, wait)).rejects.toMatchObject({
      code: 'AgentNotReady',
      message:
        'The controller is installed, and after 5 s not ready: 1 of 2 instances of the controller are ready; podid-mic-b: container mic: ImagePullBackOff.',
    });
  });
});

describe('identities of other namespaces', () => {
  const assignment = (home: string) => ({
    metadata: { name: 'a', namespace: 'default' },
    spec: {
      pod: 'web-1',
      podNamespace: 'shop',
      azureIdentityRef: { metadata: { name: 'web', namespace: home } },
    },
  });
  const place = (home: string) => fakePlace({}, {}, { assignments: async () => [assignment(home)] as never });

  it('are to be decided where pods have some, and nobody has said', async () => {
    await expect(expectNamespacesDecided(place('ids'), standard, signal)).rejects.toMatchObject({
      code: 'AgentRefused',
      message: expect.stringContaining('shop/web-1 of ids/web'),
    });
  });

  it.each([
    [place('shop'), standard],
    [place('ids'), { ...standard, forceNamespaced: false }],
    [place('ids'), { ...standard, mode: 'managed' as const }],
  ])('need no decision elsewhere', async (deps, values) => {
    await expect(expectNamespacesDecided(deps, values, signal)).resolves.toBeUndefined();
  });
});
