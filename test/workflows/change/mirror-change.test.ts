import { describe, expect, it } from 'vitest';
import { namespaceMissing, type ObjectChange } from '../../../src/domain/kubernetes/cluster-objects.ts';
import { asFailure } from '../../../src/workflows/change/mirror-change.ts';

function change(
  kind: ObjectChange['kind'],
  entry: string,
  action: ObjectChange['action'],
  reason?: string,
): ObjectChange {
  const [namespace = '', name = ''] = entry.split('/');
  return { kind, namespace, name, action, ...(reason === undefined ? {} : { reason }) };
}

const waiting = (kind: ObjectChange['kind'], entry: string) =>
  change(kind, entry, 'pending', namespaceMissing(entry.split('/')[0] ?? ''));

const five = [
  waiting('AzureIdentity', 'later/web'),
  waiting('AzureIdentityBinding', 'later/web-binding'),
  waiting('AzureIdentity', 'later/jobs'),
  waiting('AzureIdentityBinding', 'later/jobs-binding'),
  waiting('AzurePodIdentityException', 'later/x'),
];
const foreign = change('AzureIdentity', 'shop/web', 'foreign', 'Written by AKS');
const busy = change('AzureIdentity', 'shop/jobs', 'pending', 'Namespace shop is being deleted');

describe('objects that a mirror could not bring in line', () => {
  it.each([
    {
      title: 'all wait for one namespace: one sentence',
      objects: five,
      message: '5 objects are not in the cluster yet, because it has no namespace later.',
      details: [],
    },
    {
      title: 'one waits for it',
      objects: five.slice(0, 1),
      message: 'One object is not in the cluster yet, because it has no namespace later.',
      details: [],
    },
    {
      title: 'two namespaces are missing: one sentence each',
      objects: [...five, waiting('AzureIdentity', 'other/web')],
      message: '5 objects are not in the cluster yet, because it has no namespace later (and 1 more).',
      details: [
        'Namespace later does not exist yet (5 objects)',
        'Namespace other does not exist yet (one object)',
      ],
    },
    {
      title: "some wait and one is another manager's: that one is named",
      objects: [...five, foreign],
      message: '5 objects are not in the cluster yet, because it has no namespace later (and 1 more).',
      details: ['Namespace later does not exist yet (5 objects)', 'AzureIdentity shop/web: Written by AKS'],
    },
    {
      title: 'what is no namespace that is missing is told of each object',
      objects: [busy, foreign],
      message:
        'AzureIdentity shop/jobs is not in the cluster yet: Namespace shop is being deleted (and 1 more).',
      details: [
        'AzureIdentity shop/jobs: Namespace shop is being deleted',
        'AzureIdentity shop/web: Written by AKS',
      ],
    },
  ])('$title', ({ objects, message, details }) => {
    const failure = asFailure(objects);
    expect(failure?.message).toBe(message);
    expect(failure?.details.map((detail) => detail.message)).toEqual(details);
  });

  it('are none where all is well', () => {
    expect(asFailure([change('AzureIdentity', 'shop/web', 'same')])).toBeUndefined();
  });
});
