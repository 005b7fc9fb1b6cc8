import { describe, expect, it } from 'vitest';
import { readWorkloads } from '../../../src/k8s/workloads/read-workloads.ts';
import { workloadApi } from '../../../src/k8s/workloads/workload-api.ts';
import { expired, page, refused, scriptedRest, signal } from '../scripted-rest.ts';

const namespace = (name: string) => ({ metadata: { name } });

describe('what the doctor reads of a cluster', () => {
  it('is listed again when the list expired between two pages', async () => {
    const { rest, asked } = scriptedRest([
      page([namespace('gone')], 'first'),
      expired,
      page([namespace('a')], 'second'),
      page([namespace('b')]),
    ]);
    const workloads = readWorkloads(
      workloadApi(rest, () => Promise.reject(new Error('asks no pod'))),
      () => Promise.reject(new Error('asks no kubelet')),
    );
    expect(await workloads.namespaces(signal)).toEqual(['a', 'b']);
    expect(asked).toHaveLength(4);
  });

  it.each([
    ['DaemonSet', '/apis/apps/v1/namespaces/shop/daemonsets'],
    ['CronJob', '/apis/batch/v1/namespaces/shop/cronjobs'],
    ['ReplicationController', '/api/v1/namespaces/shop/replicationcontrollers'],
    ['Rollout', '/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts'],
    ['DeploymentConfig', '/apis/apps.openshift.io/v1/namespaces/shop/deploymentconfigs'],
    ['KnativeService', '/apis/serving.knative.dev/v1/namespaces/shop/services'],
    ['ScaledJob', '/apis/keda.sh/v1alpha1/namespaces/shop/scaledjobs'],
  ] as const)('has no %s where the cluster does not know the kind', async (kind, path) => {
    const { rest, lines } = scriptedRest([refused(404, 'NotFound')]);
    const workloads = readWorkloads(
      workloadApi(rest, () => Promise.reject(new Error('asks no pod'))),
      () => Promise.reject(new Error('asks no kubelet')),
    );
    expect(await workloads.workloads(kind, 'shop', '', signal)).toEqual([]);
    expect(lines()[0]?.split('?')[0]).toBe(`GET ${path}`);
  });
});
