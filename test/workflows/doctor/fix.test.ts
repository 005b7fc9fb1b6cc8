import { describe, expect, it } from 'vitest';
import type { ManagedIdentity } from '../../../src/domain/ports.ts';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { startChange } from '../../../src/workflows/change/start-change.ts';
import type { CheckResult } from '../../../src/workflows/doctor/check.ts';
import type { Evidence } from '../../../src/workflows/doctor/evidence.ts';
import { fixWhatIsSafe } from '../../../src/workflows/doctor/fix.ts';
import type { Probe } from '../../../src/workflows/doctor/probe.ts';
import { clusterId, clusterWith, FakeAzure, identityId, options, podIdentity } from '../fake-azure.ts';

const unread = { kind: 'unread' as const, error: new PodidError('ClusterUnreachable', 'Away.') };
const gone = { kind: 'unread' as const, error: new PodidError('IdentityNotFound', 'Gone.') };
const cluster = clusterWith({}, { identities: [podIdentity('web'), podIdentity('dead')] });
const identity = { resourceId: identityId('web'), clientId: 'client-web', principalId: 'object-web' };

/**
 * Azure holds `web` and `dead`, whose identity is gone; the cluster holds no object, and its principal has no
 * role on `web`.
 */
const evidence: Evidence = {
  ...{ subject: { cluster: clusterId }, cluster: { kind: 'read' as const, value: cluster } },
  ...{ permissions: unread, subscription: unread, feature: unread },
  identities: new Map<string, Probe<ManagedIdentity>>([
    [identityId('web').toLowerCase(), { kind: 'read' as const, value: identity }],
    [identityId('dead').toLowerCase(), gone],
  ]),
  operatorRoles: new Map([
    [
      identityId('web').toLowerCase(),
      { kind: 'read' as const, value: { principalId: 'cluster-principal', rows: [] } },
    ],
    [
      identityId('dead').toLowerCase(),
      { kind: 'read' as const, value: { principalId: 'cluster-principal', rows: [] } },
    ],
  ]),
  ...{ ownRoles: new Map(), objects: { kind: 'read' as const, value: { identities: [], exceptions: [] } } },
  ...{ pods: unread, workloads: [], nodes: unread, policies: unread, agents: unread },
  ...{ agentProbes: [], machines: unread },
};

function failing(...names: readonly string[]): CheckResult[] {
  return names.map((name) => ({ name, result: 'fail', message: 'Wrong.' }));
}

describe('fixing what is safe', () => {
  const all = failing('identities', 'operator-role', 'objects');

  it('asks about each thing once, and for nothing that another answer takes away', async () => {
    const azure = new FakeAzure(cluster);
    azure.answerYes = false;
    expect(await fixWhatIsSafe(startChange(azure.deps(), options()), evidence, all)).toEqual([]);
    expect(azure.questions).toEqual([
      `Grant Managed Identity Operator on ${identityId('web')} to the cluster's principal cluster-principal?`,
      'Remove 1 entry whose managed identity is gone (shop/dead)?',
      'Write the objects of shop/web into the cluster?',
    ]);
    expect([azure.created, azure.puts, azure.mirrored]).toEqual([[], [], []]);
  });

  it('does what was said yes to', async () => {
    const azure = new FakeAzure(cluster);
    expect(await fixWhatIsSafe(startChange(azure.deps(), options()), evidence, all)).toEqual([
      { check: 'operator-role', message: expect.stringMatching(/^Granted Managed Identity Operator on /) },
      { check: 'identities', message: 'Removed 1 entry whose managed identity was gone: shop/dead.' },
    ]);
    expect(azure.created).toEqual([identityId('web')]);
    expect(azure.puts).toEqual([{ deleteIdentities: [expect.objectContaining({ name: 'dead' })] }]);
    expect(azure.mirrored.at(-1)).toMatchObject({
      identities: [{ name: 'web' }],
      force: false,
      prune: false,
    });
  });

  it('touches nothing else', async () => {
    const azure = new FakeAzure(cluster);
    const others = failing('label', 'agent', 'add-on');
    expect(await fixWhatIsSafe(startChange(azure.deps(), options()), evidence, others)).toEqual([]);
    expect(azure.questions).toEqual([]);
    expect(azure.notes).toEqual([expect.stringContaining('nothing that --fix can fix')]);
  });
});
