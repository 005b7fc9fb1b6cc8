import { describe, expect, it } from 'vitest';
import type { AzureIdentity } from '../../../src/domain/kubernetes/identity-resources.ts';
import type { Assignment } from '../../../src/domain/standard-mode/desired-assignments.ts';
import { diffAssignments, type WantedAssignment } from '../../../src/mic/decide/diff-assignments.ts';
import { renderAssignment } from '../../../src/mic/decide/render-assignment.ts';
import { bindingTo, identity, keyOf, liveOf, micPod, resourceId } from './mic-objects.ts';

const now = '2026-03-01T12:00:00.000Z';
const at = { namespace: 'shop', name: 'p1-shop-web' };
const finalizer = 'azureassignedidentity.finalizers.aadpodidentity.k8s.io';

const web: Assignment = {
  key: 'shop/p1/shop/web',
  pod: micPod(),
  binding: bindingTo('web'),
  identity: identity('web'),
  resource: { id: resourceId('web'), key: keyOf(resourceId('web')) },
  machineId: 'm',
};
const wanted = (state: WantedAssignment['state'], more: Partial<Assignment> = {}): WantedAssignment => ({
  at,
  assignment: { ...web, ...more },
  state,
});
const written = renderAssignment(at, web, { state: 'Assigned', assignedAt: '2026-01-01T00:00:00Z' });
const kinds = (steps: readonly { readonly kind: string }[]) => steps.map(({ kind }) => kind);

function exchanged({ metadata, spec }: AzureIdentity): AzureIdentity {
  return { metadata: { ...metadata, annotations: { 'podid.io/token-source': 'exchange' } }, spec };
}

describe('the writes for a pod', () => {
  it('create what is not there, with its state', () => {
    const [step] = diffAssignments([wanted('Assigned')], [], now);
    expect(step).toMatchObject({
      kind: 'create',
      object: {
        metadata: {
          ...at,
          labels: { nodename: 'n1' },
          annotations: { 'podid.io/pod-uid': 'uid-1', 'podid.io/assigned-at': now },
        },
        status: { status: 'Assigned', availableReplicas: 1 },
      },
    });
  });

  it('are none where everything is as it should be', () => {
    expect(diffAssignments([wanted('Assigned')], [liveOf(written)], now)).toEqual([]);
  });

  it.each([
    [
      'another version of the AzureIdentity',
      {
        identity: {
          ...web.identity,
          metadata: { ...web.identity.metadata, resourceVersion: '99', labels: { gitops: 'yes' } },
        },
      },
    ],
    [
      'another version of the binding',
      { binding: { ...web.binding, metadata: { ...web.binding.metadata, resourceVersion: '99' } } },
    ],
  ])('rule 4: pods are not out after a touch of an identity: none for %s', (_what, more) => {
    expect(diffAssignments([wanted('Assigned', more)], [liveOf(written)], now)).toEqual([]);
  });

  it.each<[string, Partial<Assignment>]>([
    ['another client id', { identity: identity('web', { spec: { clientID: 'corrected' } }) }],
    ['another Behavior', { identity: identity('web', { behavior: 'namespaced' }) }],
    ['another source of its tokens', { identity: exchanged(identity('web')) }],
    ['another selector', { binding: bindingTo('web', 'web2') }],
    ['another node', { pod: micPod({ nodeName: 'n2' }) }],
    ['another pod of the same name', { pod: micPod({ uid: 'uid-2' }) }],
  ])('replace what has %s, of the version that was read', (_what, more) => {
    const steps = diffAssignments([wanted('Assigned', more)], [liveOf(written)], now);
    expect(steps).toMatchObject([{ kind: 'replace', version: '7', shown: { state: 'Assigned' } }]);
  });

  it('change the state alone where that is all', () => {
    const steps = diffAssignments([wanted('Created')], [liveOf(written)], now);
    expect(steps).toMatchObject([{ kind: 'state', shown: { state: 'Created' }, version: '7' }]);
  });

  it('keep the moment since when a pod has its identity', () => {
    const other = wanted('Assigned', { binding: bindingTo('web', 'web2') });
    expect(diffAssignments([other], [liveOf(written)], now)).toMatchObject([
      { shown: { assignedAt: '2026-01-01T00:00:00Z' } },
    ]);
    const replaced = wanted('Assigned', { pod: micPod({ uid: 'uid-2' }) });
    expect(diffAssignments([replaced], [liveOf(written)], now)).toMatchObject([
      { shown: { assignedAt: now } },
    ]);
  });

  it('delete what no pod wants', () => {
    expect(diffAssignments([], [liveOf(written)], now)).toEqual([
      { kind: 'delete', at, uid: 'uid-of-live', hasFinalizers: false },
    ]);
  });
});

describe("rule 20: namespaces and uninstall hang: upstream's objects", () => {
  const { annotations: _none, ...metadata } = written.metadata;
  const upstream = liveOf({ ...written, metadata: { ...metadata, finalizers: [finalizer] } });

  it('are adopted without their finalizer, and stay Assigned', () => {
    const steps = diffAssignments([wanted('Assigned')], [upstream], now);
    expect(steps).toMatchObject([{ kind: 'replace', shown: { state: 'Assigned' } }]);
    expect(steps[0]?.kind === 'replace' && 'finalizers' in steps[0].object.metadata).toBe(false);
  });

  it('are freed of it before they are deleted', () => {
    expect(diffAssignments([], [upstream], now)).toMatchObject([{ kind: 'delete', hasFinalizers: true }]);
  });

  it('of MIC 1.4, without a state, count as assigned', () => {
    const { status: _status, ...stateless } = written;
    expect(kinds(diffAssignments([wanted('Assigned')], [liveOf(stateless)], now))).toEqual([]);
  });

  it('that somebody deletes by hand are let go, and made again once they are gone', () => {
    const deleted = liveOf({
      ...written,
      metadata: { ...written.metadata, finalizers: [finalizer], deletionTimestamp: now },
    });
    expect(kinds(diffAssignments([wanted('Assigned')], [deleted], now))).toEqual(['delete']);
    const going = liveOf({ ...written, metadata: { ...written.metadata, deletionTimestamp: now } });
    expect(diffAssignments([wanted('Assigned')], [going], now)).toEqual([]);
  });
});
