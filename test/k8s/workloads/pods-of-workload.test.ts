import { describe, expect, it } from 'vitest';
import { podsOfWorkload } from '../../../src/k8s/workloads/pods-of-workload.ts';
import type { Asked, WorkloadApi } from '../../../src/k8s/workloads/workload-api.ts';

const { signal } = new AbortController();
const pods = '/api/v1/namespaces/demo/pods';
const none = { matchLabels: {}, matchExpressions: [] };

/** A pod or what makes pods, with its controller where it has one. */
function object(uid: string, controller?: string): object {
  const owner = { apiVersion: 'v1', kind: 'Owner', name: controller, uid: controller, controller: true };
  const ownerReferences = controller === undefined ? [] : [owner];
  return { metadata: { namespace: 'demo', name: uid, uid, ownerReferences } };
}

/** An API that holds these items at these paths, and what it was asked. */
function apiOf(items: Readonly<Record<string, readonly unknown[]>>) {
  const asked: Asked[] = [];
  const api: Pick<WorkloadApi, 'list'> = {
    async list(one) {
      asked.push(one);
      return items[one.path] ?? [];
    },
  };
  return { asked, api };
}

describe('the pods of a workload', () => {
  it.each([
    ['Deployment', '/apis/apps/v1/namespaces/demo/replicasets', 'replicasets.apps'],
    ['Rollout', '/apis/apps/v1/namespaces/demo/replicasets', 'replicasets.apps'],
    ['DeploymentConfig', '/api/v1/namespaces/demo/replicationcontrollers', 'replicationcontrollers'],
    ['CronJob', '/apis/batch/v1/namespaces/demo/jobs', 'jobs.batch'],
    ['ScaledJob', '/apis/batch/v1/namespaces/demo/jobs', 'jobs.batch'],
  ])('of a %s are those of what it made', async (kind, path, resource) => {
    const { api, asked } = apiOf({
      [pods]: [object('own', 'made'), object('foreign', 'others'), object('lone')],
      [path]: [object('made', 'top'), object('others', 'another'), object('by-hand')],
    });
    const found = await podsOfWorkload(
      api,
      { kind, namespace: 'demo', uid: 'top', podSelector: none },
      signal,
    );
    expect(found.map(({ name }) => name)).toEqual(['own']);
    expect(asked).toEqual([
      { path: pods, verb: 'list', resource: 'pods', namespace: 'demo' },
      { path, verb: 'list', resource, namespace: 'demo' },
    ]);
  });

  it.each(['StatefulSet', 'DaemonSet', 'ReplicaSet', 'ReplicationController', 'Job'])(
    'of a %s are those that it controls itself',
    async (kind) => {
      const { api, asked } = apiOf({ [pods]: [object('own', 'top'), object('foreign', 'others')] });
      const found = await podsOfWorkload(
        api,
        { kind, namespace: 'demo', uid: 'top', podSelector: none },
        signal,
      );
      expect(found.map(({ name }) => name)).toEqual(['own']);
      expect(asked.map(({ path }) => path)).toEqual([pods]);
    },
  );

  it('of a Knative Service go by its label alone', async () => {
    const { api, asked } = apiOf({ [pods]: [object('own', 'a-replica-set')] });
    const podSelector = { ...none, matchLabels: { 'serving.knative.dev/service': 'web' } };
    const found = await podsOfWorkload(
      api,
      { kind: 'KnativeService', namespace: 'demo', uid: 'top', podSelector },
      signal,
    );
    expect(found.map(({ name }) => name)).toEqual(['own']);
    expect(asked.map(({ query }) => query)).toEqual([{ labelSelector: 'serving.knative.dev/service=web' }]);
  });

  it('are asked for by the whole selector', async () => {
    const { api, asked } = apiOf({});
    const podSelector = {
      matchLabels: { app: 'web', 'example.com/part': '' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['front', 'back'] },
        { key: 'track', operator: 'NotIn', values: ['canary'] },
        { key: 'example.com/team', operator: 'Exists', values: [] },
        { key: 'old', operator: 'DoesNotExist', values: [] },
      ],
    };
    await podsOfWorkload(api, { kind: 'StatefulSet', namespace: 'demo', uid: 'top', podSelector }, signal);
    expect(asked.map(({ query }) => query)).toEqual([
      {
        labelSelector:
          'app=web,example.com/part=,tier in (front,back),track notin (canary),example.com/team,!old',
      },
    ]);
  });
});
