import { describe, expect, it } from 'vitest';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { addIdentity } from '../../../src/workflows/entries/add-identity.ts';
import {
  clusterId,
  clusterWith,
  FakeAzure,
  identityId,
  options,
  podIdentity,
  webIdentity,
} from '../fake-azure.ts';

const request = { cluster: clusterId, namespace: 'shop', name: 'web', identityResourceId: webIdentity };
const refuse =
  (code: ConstructorParameters<typeof PodidError>[0], more = {}) =>
  () => {
    throw new PodidError(code, `${code}.`, more);
  };

describe('adding an identity', () => {
  it('grants the role, writes once, waits until Assigned and mirrors the entry', async () => {
    const azure = new FakeAzure();
    const { done } = await addIdentity(azure.deps(), request, options());
    expect(done?.result).toEqual(podIdentity('web'));
    expect(azure.created).toEqual([webIdentity]);
    expect(azure.puts).toHaveLength(1);
    expect(azure.mirrored[0]?.identities).toEqual([podIdentity('web')]);
  });

  it('names for another entry that Failed the command that writes it again', async () => {
    const jobs = podIdentity('jobs', { bindingSelector: 'batch', provisioningState: 'Failed' });
    const azure = new FakeAzure(clusterWith({}, { identities: [jobs] }));
    azure.addIdentity('jobs');
    await addIdentity(azure.deps(), request, options());
    expect(azure.warnings).toEqual(['Other entries are Failed: shop/jobs.']);
    expect(azure.hints).toEqual([
      expect.stringMatching(
        /^podid add .* --namespace shop --name jobs --identity-resource-id \S+ --binding-selector batch {2}# writes it again; if its managed identity is gone: podid delete .* --namespace shop --name jobs$/,
      ),
    ]);
  });

  it.each([
    ['the add-on is off', clusterWith({}, { enabled: false }), 'AddonDisabled'],
    [
      'the cluster runs as a service principal',
      clusterWith({ identity: { type: '', userAssigned: [] } }),
      'ServicePrincipalCluster',
    ],
    ['kubenet lacks consent', clusterWith({ networkPlugin: 'Kubenet' }), 'KubenetConsentMissing'],
    ['the cluster is being deleted', clusterWith({ provisioningState: 'Deleting' }), 'ClusterStateForbids'],
    ['the cluster is stopped', clusterWith({ powerState: 'Stopped' }), 'ClusterStateForbids'],
    [
      'all pools are Windows',
      clusterWith({ pools: [{ name: 'w', osType: 'Windows', type: 'VirtualMachineScaleSets' }] }),
      'NoLinuxScaleSetPool',
    ],
    [
      'the identity type is unknown',
      clusterWith({ identity: { type: 'SystemAssigned, UserAssigned', userAssigned: [] } }),
      'UnknownClusterIdentity',
    ],
    [
      '200 entries are there',
      clusterWith({}, { identities: Array.from({ length: 200 }, (_, n) => podIdentity(`e${n}`)) }),
      'LimitReached',
    ],
    [
      'another identity has the name',
      clusterWith({}, { identities: [podIdentity('web', { identity: podIdentity('other').identity })] }),
      'EntryConflict',
    ],
    [
      'another selector has the name',
      clusterWith({}, { identities: [podIdentity('web', { bindingSelector: 'x' })] }),
      'EntryConflict',
    ],
  ])('writes nothing when %s', async (_why, cluster, code) => {
    const azure = new FakeAzure(cluster);
    await expect(addIdentity(azure.deps(), request, options())).rejects.toMatchObject({ code });
    expect([azure.puts, azure.created]).toEqual([[], []]);
  });

  it('writes nothing when the managed identity does not exist', async () => {
    const azure = new FakeAzure();
    const missing = { ...request, identityResourceId: identityId('nobody') };
    await expect(addIdentity(azure.deps(), missing, options())).rejects.toMatchObject({
      code: 'IdentityNotFound',
      exitCode: 4,
    });
    expect([azure.puts, azure.created]).toEqual([[], []]);
  });

  it('writes nothing when the identity is in another tenant', async () => {
    const azure = new FakeAzure();
    azure.addIdentity('web', { tenantId: 'elsewhere' });
    await expect(addIdentity(azure.deps(), request, options())).rejects.toMatchObject({
      code: 'TenantMismatch',
    });
    expect([azure.puts, azure.created]).toEqual([[], []]);
  });

  it('sends no PUT for the same content again, but still sees to role and mirror', async () => {
    const azure = new FakeAzure(clusterWith({}, { identities: [podIdentity('web')] }));
    azure.assignments = [];
    const { done } = await addIdentity(azure.deps(), request, options());
    expect(done?.result.provisioningState).toBe('Assigned');
    expect(azure.puts).toEqual([]);
    expect([azure.created.length, azure.mirrored.length]).toEqual([1, 1]);
  });

  it('writes an entry again that is Failed', async () => {
    const azure = new FakeAzure(
      clusterWith({}, { identities: [podIdentity('web', { provisioningState: 'Failed' })] }),
    );
    const { done } = await addIdentity(azure.deps(), request, options());
    expect([azure.puts.length, done?.result.provisioningState]).toEqual([1, 'Assigned']);
  });

  it('waits for an entry that is Updating, without a PUT', async () => {
    const azure = new FakeAzure(
      clusterWith({}, { identities: [podIdentity('web', { provisioningState: 'Updating' })] }),
    );
    let reads = 0;
    azure.beforeGet = () => {
      if (++reads === 3) {
        azure.write({ ...azure.cluster.profile, identities: [podIdentity('web')] });
      }
    };
    const { done } = await addIdentity(azure.deps(), request, options());
    expect([azure.puts.length, done?.result.provisioningState]).toEqual([0, 'Assigned']);
  });

  it('waits until an entry that is Deleting is gone, then adds', async () => {
    const azure = new FakeAzure(
      clusterWith({}, { identities: [podIdentity('web', { provisioningState: 'Deleting' })] }),
    );
    let reads = 0;
    azure.beforeGet = () => {
      if (++reads === 3) {
        azure.write({ ...azure.cluster.profile, identities: [] });
      }
    };
    await addIdentity(azure.deps(), request, options());
    expect(azure.puts).toHaveLength(1);
  });

  it("keeps a colleague's entry when the cluster changes under it three times", async () => {
    const azure = new FakeAzure();
    azure.putFaults = ['a', 'b', 'c'].map(
      (name) => () =>
        azure.changeByColleague({ putExceptions: [{ namespace: 'n', name, podLabels: { a: 'b' } }] }),
    );
    const { done } = await addIdentity(azure.deps(), request, options());
    expect(done?.cluster.profile.exceptions.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(done?.result.provisioningState).toBe('Assigned');
  });

  it('ends as stale, exit 5, when the cluster never holds still until --timeout', async () => {
    const azure = new FakeAzure();
    azure.putFaults = Array.from({ length: 100 }, () => refuse('StaleCluster'));
    await expect(addIdentity(azure.deps(), request, options({ timeoutMs: 60_000 }))).rejects.toMatchObject({
      code: 'StaleCluster',
      exitCode: 5,
    });
  });

  it('waits for another operation and then writes', async () => {
    const azure = new FakeAzure(clusterWith({ provisioningState: 'Upgrading' }));
    let reads = 0;
    azure.beforeGet = () => {
      if (++reads === 4) {
        azure.write(azure.cluster.profile, { provisioningState: 'Succeeded' });
      }
    };
    azure.putFaults = [refuse('ClusterBusy')];
    await addIdentity(azure.deps(), request, options());
    expect(azure.puts).toHaveLength(1);
  });

  it('says busy at once under --no-wait', async () => {
    const azure = new FakeAzure();
    azure.putFaults = [refuse('ClusterBusy')];
    await expect(addIdentity(azure.deps(), request, options({ noWait: true }))).rejects.toMatchObject({
      code: 'ClusterBusy',
    });
    expect(azure.nowMs).toBe(1_000_000);
  });

  it('returns the entry as the PUT was answered, and mirrors nothing, under --no-wait', async () => {
    const azure = new FakeAzure();
    const { done } = await addIdentity(azure.deps(), request, options({ noWait: true }));
    expect(done?.result.provisioningState).toBe('Updating');
    expect(azure.mirrored).toEqual([]);
  });

  it('takes a write that arrived although the answer was lost for its own', async () => {
    const azure = new FakeAzure();
    azure.answerFault = refuse('Unavailable');
    let reads = 0;
    azure.beforeGet = () => {
      if (++reads === 4) {
        azure.write({ ...azure.cluster.profile, identities: [podIdentity('web')] });
      }
    };
    const { done } = await addIdentity(azure.deps(), request, options());
    expect([azure.puts.length, done?.result.provisioningState]).toEqual([1, 'Assigned']);
  });

  it('writes again after an answer that was lost before it arrived, and gives up a server that never takes it', async () => {
    const once = new FakeAzure();
    once.putFaults = [refuse('Unavailable')];
    await addIdentity(once.deps(), request, options());
    expect(once.puts).toHaveLength(1);
    const never = new FakeAzure();
    never.putFaults = Array.from({ length: 50 }, () => refuse('Unavailable'));
    await expect(addIdentity(never.deps(), request, options())).rejects.toMatchObject({
      code: 'Unavailable',
      exitCode: 7,
    });
    expect(never.putFaults).toHaveLength(44);
  });

  it('waits as long as a throttling server asks', async () => {
    const azure = new FakeAzure();
    azure.putFaults = [refuse('Unavailable', { retryAfterMs: 40_000 })];
    await addIdentity(azure.deps(), request, options());
    expect(azure.nowMs).toBeGreaterThanOrEqual(1_040_000);
  });

  it('fails with EntriesLost when the answer lacks an entry of others, naming it and what restores it', async () => {
    const azure = new FakeAzure(clusterWith({}, { identities: [podIdentity('other')] }));
    azure.answerFault = (answer) => {
      const profile = { ...answer.cluster.profile, identities: answer.cluster.profile.identities.slice(1) };
      return { ...answer, cluster: { ...answer.cluster, profile } };
    };
    const error = await addIdentity(azure.deps(), request, options()).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'EntriesLost',
      exitCode: 5,
      details: [{ message: 'pod identity shop/other' }],
    });
    expect(String((error as PodidError).hint)).toContain(
      'podid add -g rg -c aks --subscription sub --namespace shop --name other',
    );
  });

  it('writes its entry again when another writer overwrote it on a cluster without an eTag', async () => {
    const azure = new FakeAzure(clusterWith());
    const { eTag: _none, ...untagged } = clusterWith();
    azure.cluster = untagged;
    let overwritten = false;
    azure.beforeGet = () => {
      if (!overwritten && azure.puts.length === 1) {
        overwritten = true;
        azure.write({ ...azure.cluster.profile, identities: [] });
      }
    };
    const { done } = await addIdentity(azure.deps(), request, options());
    expect([azure.puts.length, done?.result.provisioningState]).toEqual([2, 'Assigned']);
    expect(azure.warnings.join()).toContain('undone');
  });

  it('says with exit 5 that someone deleted the entry, on a cluster with an eTag', async () => {
    const azure = new FakeAzure();
    azure.beforeGet = () => {
      if (azure.puts.length === 1) {
        azure.write({ ...azure.cluster.profile, identities: [] });
      }
    };
    await expect(addIdentity(azure.deps(), request, options())).rejects.toMatchObject({
      code: 'EntriesLost',
    });
    expect(azure.puts).toHaveLength(1);
  });

  it('prints the entry and fails with 8 when it ends Failed though the operation succeeded', async () => {
    const azure = new FakeAzure();
    azure.beforeGet = () => {
      if (azure.puts.length === 0) {
        return;
      }
      azure.cluster = clusterWith(
        { eTag: '9' },
        {
          identities: [
            podIdentity('web', { provisioningState: 'Failed', error: { code: 'Inner', message: 'gone.' } }),
          ],
        },
      );
    };
    const { done } = await addIdentity(azure.deps(), request, options());
    expect(done?.result.provisioningState).toBe('Failed');
    expect(done?.failure).toMatchObject({ code: 'EntryFailed', exitCode: 8 });
    expect(done?.failure?.message).toContain('Inner: gone.');
    expect(azure.mirrored).toEqual([]);
  });

  it("fails with 8 and the operation's reason when the operation failed", async () => {
    const azure = new FakeAzure();
    azure.ends = [{ status: 'Failed', error: { code: 'ReconcilePodIdentityAddonError', message: 'No.' } }];
    const { done } = await addIdentity(azure.deps(), request, options());
    expect(done?.failure).toMatchObject({
      exitCode: 8,
      details: [{ code: 'ReconcilePodIdentityAddonError', message: 'No.' }],
    });
  });

  it('waits a fresh role out, whether the PUT or the operation says so', async () => {
    const azure = new FakeAzure();
    azure.putFaults = [refuse('AssignmentBlocked', { target: webIdentity }), refuse('AssignmentBlocked')];
    azure.ends = [
      {
        status: 'Failed',
        error: { code: 'PodIdentityAddonIdentitiesAssignmentError', message: 'not yet', target: webIdentity },
      },
    ];
    azure.beforeGet = () => {
      if (azure.puts.length === 1 && azure.ends.length === 0) {
        azure.write({ ...azure.cluster.profile, identities: [] });
      }
    };
    const { done } = await addIdentity(azure.deps(), request, options());
    expect([azure.puts.length, done?.result.provisioningState]).toEqual([2, 'Assigned']);
  });

  it('ends with 7 and the same command to resume when the fresh role is not seen before --timeout', async () => {
    const azure = new FakeAzure();
    azure.putFaults = Array.from({ length: 500 }, () => refuse('AssignmentBlocked', { target: webIdentity }));
    await expect(addIdentity(azure.deps(), request, options())).rejects.toMatchObject({
      code: 'AssignmentPending',
      exitCode: 7,
    });
    expect(azure.nowMs - 1_000_000).toBeGreaterThanOrEqual(30 * 60_000);
  });

  it.each([undefined, identityId('dead')])(
    'names the entry whose identity is gone, and the command that clears it (Azure names %s)',
    async (target) => {
      const azure = new FakeAzure(
        clusterWith({}, { identities: [podIdentity('dead'), podIdentity('other')] }),
      );
      azure.putFaults = [refuse('AssignmentBlocked', target === undefined ? {} : { target })];
      const error = await addIdentity(azure.deps(), request, options()).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: 'AssignmentBlocked', exitCode: 5 });
      expect((error as PodidError).message).toContain('shop/dead');
      expect(String((error as PodidError).hint)).toBe(
        'podid delete -g rg -c aks --subscription sub --namespace shop --name dead',
      );
    },
  );

  it('names the entry whose role is gone, and the command that grants it again', async () => {
    const azure = new FakeAzure(clusterWith({}, { identities: [podIdentity('other')] }));
    azure.assignments = [];
    azure.putFaults = [refuse('AssignmentBlocked', { target: identityId('other') })];
    const error = await addIdentity(azure.deps(), request, options()).catch((caught: unknown) => caught);
    expect((error as PodidError).message).toContain('has lost the role');
    expect(String((error as PodidError).hint)).toContain(
      'podid add -g rg -c aks --subscription sub --namespace shop --name other',
    );
  });

  it('reports a refused grant at once, with principal, scope and the command for an owner', async () => {
    const azure = new FakeAzure();
    azure.createFault = refuse('Forbidden');
    const error = await addIdentity(azure.deps(), request, options()).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'Forbidden', exitCode: 6 });
    expect(String((error as PodidError).hint)).toContain('--assignee-object-id cluster-principal');
    expect(azure.puts).toEqual([]);
  });

  it('goes on with a warning when the grant is refused but another role allows the same', async () => {
    const azure = new FakeAzure();
    azure.createFault = refuse('Forbidden');
    azure.grant('/subscriptions/sub', {
      roleDefinitionId: '/providers/Microsoft.Authorization/roleDefinitions/owner',
    });
    await addIdentity(azure.deps(), request, options());
    expect(azure.warnings.join()).toContain('Owner');
  });

  it('lets the server decide when the role can be neither seen nor granted, and reports the refusal if it then matters', async () => {
    const lucky = new FakeAzure();
    lucky.listFault = lucky.createFault = refuse('Forbidden');
    await addIdentity(lucky.deps(), request, options());
    expect(lucky.puts).toHaveLength(1);
    const unlucky = new FakeAzure();
    unlucky.listFault = unlucky.createFault = refuse('Forbidden');
    unlucky.putFaults = [refuse('AssignmentBlocked', { target: webIdentity })];
    await expect(addIdentity(unlucky.deps(), request, options())).rejects.toMatchObject({
      code: 'Forbidden',
    });
  });

  it('names the entry after the identity when no name is given', async () => {
    const azure = new FakeAzure();
    const { name: _omitted, ...nameless } = request;
    const { done } = await addIdentity(azure.deps(), nameless, options());
    expect(done?.result.name).toBe('web');
    expect(azure.notes.join()).toContain('called web');
  });

  it('says under --dry-run what it would do, and does none of it', async () => {
    const azure = new FakeAzure();
    const { plan } = await addIdentity(azure.deps(), request, options({ dryRun: true }));
    expect(plan?.puts).toBe(1);
    expect(plan?.changes.map(({ action, kind, name }) => [action, kind, name])).toEqual([
      ['add', 'roleAssignment', `guid-of-${webIdentity}-cluster-principal`],
      ['add', 'identity', 'web'],
    ]);
    expect([azure.puts, azure.created, azure.mirrored.map(({ dryRun }) => dryRun)]).toEqual([[], [], [true]]);
  });

  it('warns and succeeds when the mirror fails, unless it is required', async () => {
    const azure = new FakeAzure();
    azure.objectsFault = refuse('ClusterUnreachable');
    const { done } = await addIdentity(azure.deps(), request, options());
    expect(done?.failure).toBeUndefined();
    expect(azure.warnings).toHaveLength(1);
    const strict = await addIdentity(azure.deps(), request, options({ mirror: 'required' }));
    expect(strict.done?.failure).toMatchObject({ code: 'MirrorFailed', exitCode: 7 });
    expect(strict.done?.result.name).toBe('web');
  });

  it('says that Azure continues, and how to look, when interrupted while Azure works', async () => {
    const azure = new FakeAzure();
    const interruption = new AbortController();
    const deps = azure.deps(interruption.signal);
    deps.azure.clusters.follow = async (_operation, { signal }) => {
      interruption.abort(new PodidError('Interrupted', 'Interrupted.'));
      throw signal.reason;
    };
    const error = await addIdentity(deps, request, options()).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'Interrupted', exitCode: 130 });
    expect((error as PodidError).message).toContain('Azure continues');
    expect(String((error as PodidError).hint)).toContain('podid wait');
  });
});
