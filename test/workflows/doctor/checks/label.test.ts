import { describe, expect, it } from 'vitest';
import type { WorkloadKind } from '../../../../src/domain/kubernetes/workloads.ts';
import { parseWorkload } from '../../../../src/validate/kubernetes/workloads.ts';
import { label } from '../../../../src/workflows/doctor/checks/label.ts';
import { hintText } from '../../../hint-text.ts';
import { evidenceOf } from '../evidence-in-test.ts';

const template = { metadata: { labels: { app: 'web' } } };
const selector = { matchLabels: { app: 'web' } };
const patch = (spec: object) => `-p '${JSON.stringify({ spec })}'`;
const labelled = { metadata: { labels: { aadpodidbinding: 'web' } } };
const inTemplate = patch({ template: labelled });

/** A kind, what its spec has, the name of a pod that it makes, that pod's labels, and the way to mend it. */
const kinds: readonly (readonly [WorkloadKind, object, string, Record<string, string>, string])[] = [
  ...(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'] as const).map(
    (kind) =>
      [
        kind,
        { selector, template },
        'work-1',
        { app: 'web' },
        `kubectl patch ${kind.toLowerCase()} work -n demo ${inTemplate}`,
      ] as const,
  ),
  [
    'CronJob',
    { jobTemplate: { spec: { template } } },
    'work-29812345-abcde',
    {},
    `kubectl patch cronjob work -n demo ${patch({ jobTemplate: { spec: { template: labelled } } })}`,
  ],
  [
    'ReplicationController',
    { selector: { app: 'web' }, template },
    'work-1',
    { app: 'web' },
    `kubectl patch replicationcontroller work -n demo ${inTemplate}`,
  ],
  [
    'Rollout',
    { selector, template },
    'work-1',
    { app: 'web' },
    `kubectl patch rollouts.argoproj.io work -n demo --type merge ${inTemplate}`,
  ],
  [
    'DeploymentConfig',
    { selector: { app: 'web' }, template },
    'work-1-abcde',
    { app: 'web' },
    `kubectl patch deploymentconfigs.apps.openshift.io work -n demo --type merge ${inTemplate}`,
  ],
  [
    'KnativeService',
    { template },
    'work-00001-deployment-1',
    { 'serving.knative.dev/service': 'work' },
    `kubectl patch services.serving.knative.dev work -n demo --type merge ${inTemplate}`,
  ],
  [
    'ScaledJob',
    { jobTargetRef: { template } },
    'work-x7x2p-8dk2l',
    {},
    `kubectl patch scaledjobs.keda.sh work -n demo --type merge ${patch({ jobTargetRef: { template: labelled } })}`,
  ],
];

function judged(kind: WorkloadKind, spec: object, pods: readonly { name: string; labels: object }[] = []) {
  const labels = { aadpodidbinding: 'web' };
  const workload = parseWorkload(kind, { metadata: { namespace: 'demo', name: 'work', labels }, spec });
  const seen = pods.map(({ name, labels: own }) => ({
    ...{ namespace: 'demo', name, uid: name, ip: '', nodeName: 'node', phase: 'Running' as const },
    ...{ createdMs: 0, hostNetwork: false, labels: own as Record<string, string> },
  }));
  const [pod] = seen;
  const evidence = evidenceOf({
    pods: seen as never,
    objects: { identities: [], exceptions: [] },
    subject: pod === undefined ? { namespace: 'demo' } : { namespace: 'demo', pod: pod.name },
  });
  return label.judge({
    ...evidence,
    workloads: [{ kind: 'read', value: workload === undefined ? [] : [workload] }],
  });
}

describe('the label on a workload and not on the template of its pods', () => {
  it.each(kinds)('is found on a %s, with the patch that mends it', (kind, spec, name, labels, mend) => {
    const title = kind === 'KnativeService' ? 'Knative Service' : kind;
    for (const pods of [[], [{ name, labels }]]) {
      const verdict = judged(kind, spec, pods);
      expect(verdict.result).toBe('fail');
      expect(verdict.message).toContain(`is on ${title} demo/work and not on the template of the pods`);
      expect(verdict.hint).toEqual(hintText(mend));
    }
  });

  it.each(kinds)('of a %s is not what a pod of another lacks', (kind, spec) => {
    const verdict = judged(kind, spec, [{ name: 'other-1', labels: { app: 'other' } }]);
    expect(verdict.message).toContain('demo/other-1 has no label');
  });

  it('of a Rollout is none of its own where a Deployment has its template', () => {
    expect(judged('Rollout', { selector, workloadRef: { kind: 'Deployment', name: 'web' } }).result).toBe(
      'pass',
    );
  });
});
