import { describe, expect, it } from 'vitest';
import { unknownClientId } from '../../../src/domain/entries/objects-edit.ts';
import { chooseDeletion, chooseStep } from '../../../src/k8s/mirror/choose-step.ts';
import { renderException, renderIdentity } from '../../../src/k8s/objects/render-objects.ts';
import { live, manager, specFields } from '../objects-in-memory.ts';

const identity = {
  resourceId:
    '/subscriptions/S/resourcegroups/R/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web',
  clientId: 'c1',
  objectId: 'o1',
};
const [wanted] = renderIdentity({ namespace: 'shop', name: 'web', bindingSelector: 'web', identity });
const exception = renderException({ namespace: 'shop', name: 'legacy', podLabels: { app: 'legacy' } });
const own = manager('podid', specFields('type', 'resourceID', 'clientID'), 'Apply');
const aks = { labels: { 'kubernetes.azure.com/managedby': 'aks' }, annotations: {} };
const otherClient = { spec: { ...wanted.spec, clientID: 'old' } };

describe('choosing what to do about a wanted object', () => {
  it('creates it when there is none', () => {
    expect(chooseStep(wanted, undefined, false)).toEqual({ action: 'create' });
  });

  it('leaves it when nothing differs', () => {
    expect(chooseStep(wanted, live(wanted, [own]), true)).toEqual({ action: 'same' });
  });

  it('updates its own, and claims nothing when all of it was applied', () => {
    expect(chooseStep(wanted, live(wanted, [own], otherClient), false)).toEqual({ action: 'update' });
  });

  it('claims first what podid wrote by POST', () => {
    const posted = manager('podid', specFields('clientID'));
    expect(chooseStep(wanted, live(wanted, [posted], otherClient), false)).toEqual({
      action: 'update',
      claim: [manager('podid', specFields('clientID'), 'Apply')],
    });
  });

  it('puts a missing label of its own back', () => {
    expect(chooseStep(wanted, live(wanted, [own], { labels: {} }), false).action).toBe('update');
  });

  it.each([
    ['AKS', live(wanted, [manager('podid', {}), manager('aks', {})], { ...aks, ...otherClient })],
    [
      'Helm release shop',
      live(wanted, [own], { ...otherClient, annotations: { 'meta.helm.sh/release-name': 'shop' } }),
    ],
    ['Helm', live(wanted, [own], { ...otherClient, labels: { 'app.kubernetes.io/managed-by': 'Helm' } })],
    ['kubectl-create', live(wanted, [manager('kubectl-create', {})], otherClient)],
    ['someone else', live(wanted, [], otherClient)],
  ])('reports an object written by %s, with what differs', (writer, found) => {
    expect(chooseStep(wanted, found, false)).toEqual({
      action: 'foreign',
      reason: `Written by ${writer}; fields that differ: spec.clientID "old" (wanted "c1")`,
    });
  });

  it.each(['resourceID', 'labels', 'annotations', 'type'])(
    'finds nothing to do when %s of a foreign object is as good',
    (what) => {
      const { type: _type, ...untyped } = wanted.spec;
      const spec = {
        resourceID: { ...wanted.spec, resourceID: identity.resourceId.toUpperCase() },
        type: untyped,
      }[what];
      expect(chooseStep(wanted, live(wanted, [], { ...aks, ...(spec ? { spec } : {}) }), false).action).toBe(
        'same',
      );
    },
  );

  it('speaks of a client id that nobody knows yet, and not of what stands for it in a rehearsal', () => {
    const planned = { ...wanted, spec: { ...wanted.spec, clientID: unknownClientId } };
    expect(chooseStep(planned, live(wanted, [manager('kubectl', {})], otherClient), false)).toEqual({
      action: 'foreign',
      reason: `Written by kubectl; fields that differ: spec.clientID "old" (wanted the managed identity's)`,
    });
  });

  it('reports the field of its own object that someone else changed', () => {
    const edited = manager('kubectl-edit', specFields('clientID'));
    const rest = manager('podid', specFields('type', 'resourceID'), 'Apply');
    expect(chooseStep(wanted, live(wanted, [rest, edited], otherClient), false)).toEqual({
      action: 'foreign',
      reason: 'Written by kubectl-edit; fields that differ: spec.clientID "old" (wanted "c1")',
    });
  });

  it('reports a label that someone else added to an exception, and takes it away by force', () => {
    const found = live(
      exception,
      [
        manager('podid', specFields('podLabels/app'), 'Apply'),
        manager('kubectl', specFields('podLabels/tier')),
      ],
      { spec: { podLabels: { app: 'legacy', tier: 'db' } } },
    );
    expect(chooseStep(exception, found, false)).toEqual({
      action: 'foreign',
      reason: 'Written by kubectl; fields that differ: spec.podLabels.tier "db" (wanted absent)',
    });
    expect(chooseStep(exception, found, true)).toEqual({
      action: 'update',
      claim: [manager('podid', specFields('podLabels/app', 'podLabels/tier'), 'Apply')].map((entry) => ({
        ...entry,
        fields: { 'f:spec': { 'f:podLabels': { 'f:app': {}, 'f:tier': {} } } },
      })),
    });
  });

  it('takes a foreign object over by force, its spec whole and its labels not', () => {
    const helm = manager('helm', { ...specFields('clientID', 'tenantID'), 'f:metadata': { 'f:labels': {} } });
    expect(chooseStep(wanted, live(wanted, [helm], otherClient), true)).toEqual({
      action: 'update',
      claim: [
        manager('podid', specFields('clientID', 'tenantID'), 'Apply'),
        manager('helm', { 'f:metadata': { 'f:labels': {} } }),
      ],
    });
  });

  it('waits for an object that is being deleted', () => {
    expect(chooseStep(wanted, live(wanted, [own], { beingDeleted: true }), true).action).toBe('pending');
  });
});

describe('choosing what to do about an object that should be gone', () => {
  it.each([
    ['nothing', undefined, false, 'none'],
    ['its own', live(wanted, [own]), false, 'delete'],
    ["AKS's, which AKS deletes", live(wanted, [own], aks), false, 'none'],
    ["AKS's, by force", live(wanted, [own], aks), true, 'delete'],
    ["someone else's", live(wanted, [manager('helm', {})]), false, 'foreign'],
    ['one that is going already', live(wanted, [own], { beingDeleted: true }), true, 'none'],
  ] as const)('finds for %s the right way', (_what, found, force, action) => {
    expect(chooseDeletion(found, force).action).toBe(action);
  });
});
