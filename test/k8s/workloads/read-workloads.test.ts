import { describe, expect, it } from 'vitest';
import { readWorkloads } from '../../../src/k8s/workloads/read-workloads.ts';
import { workloadApi } from '../../../src/k8s/workloads/workload-api.ts';
import { expired, page, scriptedRest, signal } from '../scripted-rest.ts';

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
});
