import { describe, expect, it } from 'vitest';
import type { ControllerRef } from '../../../src/domain/kubernetes/pod.ts';
import { boundWorkloads, workloadGroups } from '../../../src/domain/migrate/bound-workloads.ts';
import type { MigrationFacts } from '../../../src/domain/migrate/migration-facts.ts';
import type { ReadWorkload } from '../../../src/domain/migrate/read-workload.ts';
import {
  bound,
  forbidden,
  kinds,
  migrationWorld,
  pod,
  podOf,
  read,
  template,
  workload,
} from './migration-world.ts';

function refTo({ kind, name, uid }: Pick<ReadWorkload, 'kind' | 'name' | 'uid'>): ControllerRef {
  return { apiVersion: 'apps/v1', kind, name, uid };
}

function found(changes: Partial<MigrationFacts>): readonly string[] {
  const facts = migrationWorld(changes);
  return boundWorkloads(workloadGroups(facts), facts).map(({ kind, name, pods }) =>
    `${kind}/${name} ${pods.map((each) => each.name).join(' ')}`.trim(),
  );
}

const web = workload();
const set = workload({ kind: 'ReplicaSet', name: 'web-5c9d', controller: refTo(web) });
const nightly = workload({ kind: 'CronJob', name: 'nightly' });

describe('what makes pods', () => {
  it('is found without pods: at no replicas, and between runs', () => {
    expect(found({ workloads: kinds({ Deployment: [web], CronJob: [nightly] }) })).toEqual([
      'CronJob/nightly',
      'Deployment/web',
    ]);
  });

  it('is the owner above all: its ReplicaSets and pods are its own', () => {
    const pods = read([podOf(set, 'web-5c9d-a'), podOf(set, 'web-5c9d-b')]);
    expect(found({ workloads: kinds({ Deployment: [web], ReplicaSet: [set] }), pods })).toEqual([
      'Deployment/web web-5c9d-a web-5c9d-b',
    ]);
  });

  it('is named as its pods name it where it is of a kind that nobody read', () => {
    const owner = { apiVersion: 'apps.kruise.io/v1', kind: 'CloneSet', name: 'clone', uid: 'u' };
    const pods = read([pod({ name: 'clone-1', controller: owner })]);
    expect(found({ workloads: kinds({}), pods })).toEqual(['CloneSet/clone clone-1']);
  });

  it('is named by what it made where it may not be listed', () => {
    const workloads = new Map([
      ['Deployment', forbidden('deployments')],
      ['ReplicaSet', read([set])],
    ]);
    expect(found({ workloads })).toEqual(['Deployment/web']);
  });

  it('is a Job no more once that has ended, nor a pod', () => {
    const job = workload({ kind: 'Job', name: 'once', finished: true });
    const run = workload({ kind: 'Job', name: 'nightly-1', controller: refTo(nightly), finished: true });
    const pods = read([{ ...podOf(run), finished: true }, pod({ name: 'done', finished: true })]);
    expect(found({ workloads: kinds({ CronJob: [nightly], Job: [job, run] }), pods })).toEqual([
      'CronJob/nightly',
    ]);
  });

  it('ends at a circle of owners', () => {
    const one = workload({ kind: 'StatefulSet', name: 'one' });
    const other = workload({ kind: 'StatefulSet', name: 'other', controller: refTo(one) });
    const circle = { ...one, controller: refTo(other) };
    expect(found({ workloads: kinds({ StatefulSet: [circle, other] }) })).not.toContain('');
  });
});

describe('what is bound', () => {
  const bare = template({ labels: { app: 'web' } });

  it('is so by the label of its pods too, which its template may not have', () => {
    const unlabelled = workload({ template: bare });
    const labelledPod = { ...podOf(unlabelled), labels: { aadpodidbinding: 'web' } };
    expect(found({ workloads: kinds({ Deployment: [unlabelled] }) })).toEqual([]);
    expect(found({ workloads: kinds({ Deployment: [unlabelled] }), pods: read([labelledPod]) })).toEqual([
      'Deployment/web web-1',
    ]);
  });

  it('is not by a label of its own, which no pod inherits', () => {
    const own = workload({ template: bare, labels: { aadpodidbinding: 'web' } });
    expect(found({ workloads: kinds({ Deployment: [own] }) })).toEqual([]);
  });

  it('is not by a binding that names no identity', () => {
    expect(found({ resources: { ...bound('web'), identities: [] } })).toEqual([]);
  });

  it('is by an exception, but not by the one that AKS keeps for its own', () => {
    const exception = (namespace: string, name: string) => ({
      ...bound(),
      exceptions: [{ metadata: { namespace, name }, spec: { podLabels: { app: 'web' } } }],
    });
    expect(found({ resources: exception('demo', 'legacy') })).toEqual(['Deployment/web']);
    const inKubeSystem = kinds({ Deployment: [workload({ namespace: 'kube-system', template: bare })] });
    expect(
      found({ resources: exception('kube-system', 'aks-addon-exception'), workloads: inKubeSystem }),
    ).toEqual([]);
  });
});
