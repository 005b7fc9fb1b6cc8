import { describe, expect, it } from 'vitest';
import type { Deps } from '../../../src/domain/deps.ts';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { applyFile } from '../../../src/workflows/apply/apply-file.ts';
import { addIdentity } from '../../../src/workflows/entries/add-identity.ts';
import { deleteFailedIdentities } from '../../../src/workflows/entries/delete-failed-identities.ts';
import { deleteIdentity } from '../../../src/workflows/entries/delete-identity.ts';
import { addException } from '../../../src/workflows/entries/edit-exceptions.ts';
import { listIdentities } from '../../../src/workflows/entries/read-entries.ts';
import { updateIdentity } from '../../../src/workflows/entries/update-identity.ts';
import { objectStore } from '../../../src/workflows/object-store/object-store.ts';
import { clusterId, clusterWith, FakeAzure, identityId, options, podIdentity } from '../fake-azure.ts';
import { ObjectsInCluster } from '../objects-in-cluster.ts';

const id = clusterId;
const addWeb = { cluster: id, namespace: 'shop', name: 'web', identityResourceId: identityId('web') };

const writing = options({ skipRoleAssignment: true, mirror: 'off' });

function world(more: Parameters<typeof clusterWith>[0] = {}) {
  const azure = new FakeAzure(clusterWith(more, { enabled: false }));
  const cluster = new ObjectsInCluster();
  const plain = azure.deps();
  const { report, clock } = plain;
  const parts = { kube: { objects: async () => cluster.api }, report, clock, lookUp: () => true };
  const lookedUp: string[] = [];
  const identities: Deps['azure']['identities'] = {
    ...plain.azure.identities,
    get: (resourceId, signal) => {
      lookedUp.push(resourceId);
      return plain.azure.identities.get(resourceId, signal);
    },
  };
  const ports = { ...plain.azure, identities };
  const deps = { ...plain, entries: objectStore({ ...parts, azure: { ports, nodes: cluster.nodes } }) };
  const alone = { ...plain, entries: objectStore(parts) };
  return { azure, cluster, deps, alone, lookedUp };
}

describe('entries that are objects in the cluster', () => {
  it('are rehearsed, then assigned to the nodes, then written; ARM is sent nothing', async () => {
    const { azure, cluster, deps } = world();
    const { done } = await addIdentity(deps, addWeb, writing);
    expect(cluster.deeds).toEqual(['rehearse', 'assign web', 'write']);
    expect(done?.result).toEqual(podIdentity('web'));
    expect([azure.puts, azure.created, azure.mirrored]).toEqual([[], [], []]);
  });

  it('send nothing to nodes that have the identity, and nothing at all when the same is added again', async () => {
    const { cluster, deps } = world();
    cluster.carried.add(identityId('WEB'));
    await addIdentity(deps, addWeb, writing);
    await addIdentity(deps, addWeb, writing);
    expect(cluster.deeds).toEqual(['rehearse', 'write', 'rehearse']);
  });

  it('are not written when the nodes cannot get the identity', async () => {
    const { cluster, deps } = world();
    cluster.assignFault = new PodidError('AssignRefused', 'No.');
    await expect(addIdentity(deps, addWeb, writing)).rejects.toMatchObject({ code: 'AssignRefused' });
    expect(cluster.identities.size).toBe(0);
  });

  it("never write over a colleague's entry that came meanwhile", async () => {
    const { cluster, deps } = world();
    cluster.beforeWrite = () => {
      cluster.beforeWrite = undefined;
      cluster.put(podIdentity('web', { bindingSelector: 'theirs' }));
    };
    await expect(addIdentity(deps, addWeb, writing)).rejects.toMatchObject({ code: 'EntryConflict' });
    expect(cluster.identities.get('shop/web')?.entry.bindingSelector).toBe('theirs');
  });

  it('get another identity in one write, without a moment between, after asking', async () => {
    const { azure, cluster, deps } = world();
    cluster.put(podIdentity('web'));
    const request = { cluster: id, namespace: 'shop', name: 'web', identityResourceId: identityId('other') };
    const { done } = await updateIdentity(deps, request, writing);
    expect(done?.result.identity.clientId).toBe('client-other');
    expect(cluster.deeds).toEqual(['rehearse', 'assign other', 'write']);
    expect(azure.questions).toEqual([expect.stringContaining('tokens of the new one only')]);
  });

  it("are not written over when they are someone else's, and that is reported before anything is done", async () => {
    const { cluster, deps } = world();
    cluster.put(podIdentity('web', { bindingSelector: 'old' }));
    cluster.foreign.add('shop/web');
    const change = { cluster: id, namespace: 'shop', name: 'web', bindingSelector: 'new' };
    await expect(updateIdentity(deps, change, writing)).rejects.toMatchObject({ code: 'EntryConflict' });
    expect(cluster.identities.get('shop/web')?.entry.bindingSelector).toBe('old');
    expect(cluster.deeds).toEqual(['rehearse']);
    const forced = { ...writing, force: true };
    const { done } = await updateIdentity(deps, change, forced);
    expect(done?.result.bindingSelector).toBe('new');
  });

  it('leave the identity on the nodes when they go, which is reported with the command for it', async () => {
    const { azure, cluster, deps } = world();
    cluster.put(podIdentity('web'));
    cluster.carried.add(identityId('web'));
    const key = { cluster: id, namespace: 'shop', name: 'web', ignoreNotFound: false, revokeRole: false };
    await deleteIdentity(deps, key, writing);
    expect(cluster.deeds).toEqual(['write']);
    expect(azure.notes.join()).toContain(
      `podid node unassign -g rg -c aks --subscription sub --identities ${identityId('web')}`,
    );
  });

  it('are looked up in Azure once in a command, and a dead one is deleted by --failed', async () => {
    const { azure, cluster, deps, lookedUp } = world();
    azure.identities.delete(identityId('web').toLowerCase());
    for (const name of ['web', 'other']) {
      cluster.put(podIdentity(name));
    }
    cluster.carried.add(identityId('other'));
    const [web, other] = (await listIdentities(deps, { cluster: id }, new AbortController().signal)).result;
    expect(web).toMatchObject({ provisioningState: 'Failed', error: { code: 'IdentityNotFound' } });
    expect(other).toMatchObject({ provisioningState: 'Assigned' });
    const { done } = await deleteFailedIdentities(deps, { cluster: id, revokeRole: false }, writing);
    expect(done?.result.map(({ name }) => name)).toEqual(['web']);
    expect(lookedUp.filter((one) => one === identityId('web'))).toHaveLength(1);
  });

  it('are pruned as far as podid wrote them, and replaced and added in the same write', async () => {
    const { cluster, deps } = world();
    for (const name of ['web', 'mine', 'theirs']) {
      cluster.put(podIdentity(name));
    }
    cluster.foreign.add('shop/theirs');
    const identities = [
      { namespace: 'shop', name: 'web', identityResourceId: identityId('other') },
      { namespace: 'shop', name: 'api', identityResourceId: identityId('api') },
    ];
    const request = { cluster: id, wanted: { identities }, files: ['-'], prune: true, keepGoing: false };
    const { done } = await applyFile(deps, { ...request, extras: {}, show: () => undefined }, writing);
    expect(cluster.deeds).toEqual(['rehearse', 'assign api other', 'write']);
    expect([...cluster.identities.keys()].toSorted()).toEqual(['shop/api', 'shop/theirs', 'shop/web']);
    expect(done?.result.changes.map(({ action, name }) => `${action} ${name}`)).toEqual([
      'update web',
      'add api',
      'delete mine',
      'update pool1',
      'add api',
      'update web',
      'delete mine',
    ]);
  });

  it('keep going without what the caller may not assign', async () => {
    const { cluster, deps } = world();
    const forbidden = [
      { resourceId: identityId('api'), error: new PodidError('AssignForbidden', 'No right.') },
    ];
    cluster.nodes.checkRights = async () => forbidden;
    const identities = ['web', 'api'].map((name) => {
      return { namespace: 'shop', name, identityResourceId: identityId(name) };
    });
    const request = { cluster: id, wanted: { identities }, files: ['-'], prune: false, extras: {} };
    const apply = (keepGoing: boolean) =>
      applyFile(deps, { ...request, keepGoing, show: () => undefined }, writing);
    await expect(apply(false)).rejects.toMatchObject({ code: 'AssignForbidden', exitCode: 6 });
    expect(cluster.identities.size).toBe(0);
    const { done } = await apply(true);
    expect(done?.failure).toMatchObject({ code: 'EntriesLeftOut', exitCode: 8 });
    expect([...cluster.identities.keys()]).toEqual(['shop/web']);
  });

  it("take no exception of the agent's own", async () => {
    const { deps } = world();
    const key = { namespace: 'kube-system', name: 'aks-addon-exception' };
    const adding = addException(deps, { cluster: id, ...key, podLabels: { a: 'b' } }, writing);
    await expect(adding).rejects.toMatchObject({ code: 'EntryConflict' });
  });

  it('work on a service-principal cluster with machines of any kind, and not where the add-on is on', async () => {
    const { deps, azure, cluster } = world({
      identity: { type: '', userAssigned: [] },
      pools: [{ name: 'solo', osType: 'Linux', type: 'AvailabilitySet' }],
      networkPlugin: 'kubenet',
    });
    await addIdentity(deps, addWeb, writing);
    expect(cluster.identities.size).toBe(1);
    azure.cluster = clusterWith();
    await expect(addIdentity(deps, addWeb, writing)).rejects.toMatchObject({ code: 'AddonEnabled' });
  });

  it('need no Azure to be read', async () => {
    const { alone, azure, cluster } = world();
    azure.beforeGet = () => {
      throw new Error('nobody expected ARM to be asked');
    };
    cluster.put(podIdentity('web'));
    const reached = { subscriptionId: '', resourceGroup: '', name: 'ctx' };
    const { result } = await listIdentities(alone, { cluster: reached }, new AbortController().signal);
    expect(result).toEqual([
      {
        namespace: 'shop',
        name: 'web',
        bindingSelector: 'web',
        identity: { ...podIdentity('web').identity, objectId: '' },
      },
    ]);
  });

  it('are read over a new connection where the last could not be made', async () => {
    const { cluster, deps } = world();
    const answers = [Promise.reject(new PodidError('Unavailable', 'Azure is busy.')), cluster.api];
    const kube = { objects: async () => await (answers.shift() ?? cluster.api) };
    const { report, clock } = deps;
    const store = objectStore({ kube, report, clock, lookUp: () => true });
    await expect(store.get(id, deps.signal)).rejects.toMatchObject({ code: 'Unavailable' });
    expect((await store.get(id, deps.signal)).profile.identities).toEqual([]);
    await store.get(id, deps.signal);
    expect(answers).toEqual([]);
  });

  it('are named in hints by the mode, and by the kubeconfig where that alone names the cluster', () => {
    const { deps, cluster } = world();
    const where = '-g rg -c aks --subscription sub';
    expect(String(deps.entries.command('exception list', id))).toBe(
      `podid exception list ${where} --mode cluster`,
    );
    const flags = { kubeconfig: '/k', context: 'dev' };
    const { report, clock } = deps;
    const parts = { kube: { objects: async () => cluster.api }, report, clock, lookUp: () => true };
    const reached = objectStore({ ...parts, clusterFlags: flags });
    expect(String(reached.followUpCommand(id, {}))).toBe(
      'podid list --kubeconfig /k --context dev --mode cluster',
    );
  });
});
