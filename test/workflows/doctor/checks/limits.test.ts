import { describe, expect, it } from 'vitest';
import { objectsAsEntries } from '../../../../src/k8s/mirror/read-objects.ts';
import { limits } from '../../../../src/workflows/doctor/checks/limits.ts';
import { evidenceOf } from '../evidence-in-test.ts';

const large = 'x'.repeat(20_000);
const identity = (namespace: string, name: string, clientID = 'client') => ({
  metadata: { namespace, name, labels: { large } },
  spec: { clientID },
});
const bindings = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    metadata: { namespace: 'hostile', name: `b${index}` },
    spec: { azureIdentity: 'web', selector: 'web' },
  }));
const pod = (labels: Record<string, string>) => ({
  ...{ uid: 'u', namespace: 'shop', name: 'web', labels, ips: ['10.0.0.1'], hostNetwork: false },
  ...{ nodeName: 'n1', phase: 'Running', createdMs: 0 },
});
const judged = (
  lists: { identities?: unknown[]; bindings?: unknown[]; exceptions?: unknown[] },
  subject: { namespace?: string } = {},
  labels: Record<string, string> = {},
) =>
  limits.judge(
    evidenceOf({
      pods: [pod(labels)],
      objects: objectsAsEntries({ identities: [], bindings: [], exceptions: [], ...lists }),
      subject,
    }),
  );

describe('what agents leave out', () => {
  it('is nothing, however large the labels of an object are that no agent keeps', () => {
    expect(judged({ identities: [identity('shop', 'web')], bindings: bindings(2_000) })).toEqual({
      result: 'pass',
      message: 'All objects are within the limits of an agent.',
    });
  });

  it('is named, with why and what to do', () => {
    const verdict = judged({ identities: [identity('hostile', 'web', large)], bindings: bindings(2_001) });
    expect(verdict).toMatchObject({
      result: 'fail',
      message:
        '2 objects beyond the limits of an agent are left out, so nobody gets a token by them: azureidentities hostile/web (too large), azureidentitybindings hostile/b2000 (one too many of its namespace).',
    });
    expect(String(verdict.hint)).toContain('docs/nmi.md');
  });

  it('is a warning for a namespace that is not concerned', () => {
    const verdict = judged({ identities: [identity('hostile', 'web', large)] }, { namespace: 'shop' });
    expect(verdict).toMatchObject({
      result: 'warn',
      message: expect.stringContaining(
        'of other namespaces are beyond the limits of an agent and left out (hostile)',
      ),
    });
  });

  it('is a pod whose labels are too large', () => {
    expect(judged({}, { namespace: 'shop' }, { large }).message).toContain('pods shop/web (too large)');
  });

  it('is labels of an exception', () => {
    const podLabels = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`l${index}`, 'x']));
    const exceptions = [{ metadata: { namespace: 'shop', name: 'all' }, spec: { podLabels } }];
    expect(judged({ exceptions }).message).toContain('azurepodidentityexceptions shop/all (too large)');
  });
});
