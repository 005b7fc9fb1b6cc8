import { describe, expect, it } from 'vitest';
import { writePolicy } from '../../../src/k8s/policies/write-policy.ts';
import { refused, scriptedRest, signal } from '../scripted-rest.ts';

const policy = {
  apiVersion: 'kyverno.io/v1',
  kind: 'ClusterPolicy',
  plural: 'clusterpolicies',
  name: 'podid-kubenet-net-raw',
  labels: { 'app.kubernetes.io/managed-by': 'podid' },
  annotations: {},
  spec: { background: true },
};
const path = '/apis/kyverno.io/v1/clusterpolicies';
const found = (operation: string) => ({
  body: {
    metadata: {
      name: policy.name,
      uid: 'u1',
      resourceVersion: '7',
      labels: policy.labels,
      managedFields: [
        { manager: 'podid', operation, apiVersion: policy.apiVersion, fieldsV1: { 'f:spec': {} } },
      ],
    },
    spec: {},
  },
});
const gone = refused(404, 'NotFound', { name: policy.name, group: 'kyverno.io', kind: 'clusterpolicies' });
const request = { objects: [policy], force: false, dryRun: false };

describe('writing the object of a policy engine', () => {
  it.each([
    ['applies', 'Apply'],
    ['claims', 'Update'],
  ])('reads again when the object went while podid %s', async (_what, operation) => {
    const { rest, lines } = scriptedRest([found(operation), gone, gone, { body: {} }]);
    expect(await writePolicy(rest, policy, request, signal)).toMatchObject({ action: 'create' });
    expect(lines()).toEqual([
      `GET ${path}/${policy.name}`,
      `PATCH ${path}/${policy.name}`,
      `GET ${path}/${policy.name}`,
      `POST ${path}`,
    ]);
  });

  it('ends with what to look at when the object never stands still', async () => {
    const { rest } = scriptedRest([
      found('Apply'),
      refused(409, 'Conflict'),
      found('Apply'),
      refused(409, 'Conflict'),
      found('Apply'),
      refused(409, 'Conflict'),
      found('Apply'),
      refused(409, 'Conflict'),
      found('Apply'),
      refused(409, 'Conflict'),
    ]);
    await expect(writePolicy(rest, policy, request, signal)).rejects.toMatchObject({
      code: 'PolicyBlocked',
      message: 'ClusterPolicy podid-kubenet-net-raw keeps changing while podid writes it.',
    });
  });
});
