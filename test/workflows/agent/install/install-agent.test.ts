import { describe, expect, it } from 'vitest';
import type { AgentCluster, Rollout, TaintedNode } from '../../../../src/domain/kubernetes/agent-cluster.ts';
import type { AgentInstallation } from '../../../../src/domain/kubernetes/agent-installation.ts';
import { refText } from '../../../../src/domain/kubernetes/kube-object.ts';
import { PodidError } from '../../../../src/errors/podid-error.ts';
import { renderAgent } from '../../../../src/k8s/agent-objects/render-agent.ts';
import { readAgentValues } from '../../../../src/validate/files/values/agent-values.ts';
import { treeOfJson } from '../../../../src/validate/files/values/value-tree.ts';
import { UsageFaults } from '../../../../src/validate/usage-faults.ts';
import { installAgent } from '../../../../src/workflows/agent/install/install-agent.ts';
import { hintText } from '../../../hint-text.ts';
import { fakePlace, installation } from '../fake-agent-place.ts';

const wait = { timeoutMs: 60_000, intervalMs: 1000, signal: new AbortController().signal };
const read = (json: object) =>
  readAgentValues(treeOfJson({ operationMode: 'managed', ...json }, 'test'), '', new UsageFaults());
const values = read({ nmi: { tolerations: [{ operator: 'Exists' }] } });
const request = {
  release: { name: 'podid', namespace: 'kube-system', version: '0.1.0' },
  ...{ values: () => values, force: true, dryRun: false, noWait: false },
  addonState: async () => undefined,
  kubeletClientId: async () => undefined,
  identitiesWithSecret: async () => [],
  foreignSecrets: async () => [],
};
const upstream = installation({ kind: 'upstream', name: 'nmi', ownedByPodid: false });

type Nodes = Rollout['nodes'];
interface World {
  readonly theirs: Nodes;
  /** Pods of podid's agent at each look; the last one stays. */
  readonly ours: readonly Nodes[];
  readonly found?: readonly AgentInstallation[];
  /** Nodes with a pod of theirs that is ending. */
  readonly ending?: readonly string[];
  /** How many nodes theirs is for, where that is more than it stands on. */
  readonly desired?: number;
  /** Theirs from the second look on. */
  readonly later?: Nodes;
  /** Nodes of the cluster that take no agent, and those that are gone. */
  readonly others?: { readonly windows?: string; readonly gone?: string };
  readonly mayListNodes?: boolean;
}

function cluster(world: World) {
  const { theirs, ours, found = [upstream], ending = [], others = {}, mayListNodes = true } = world;
  const done: string[] = [];
  const written: object[] = [];
  const looks = [...ours];
  const theirLooks = [theirs, ...(world.later === undefined ? [] : [world.later])];
  const agent: Partial<AgentCluster> = {
    installations: async () => found,
    namespaceExists: async () => true,
    render: (of, release) => ({ definitions: [], objects: renderAgent(of, release) }),
    tryPod: async () => undefined,
    isEstablished: async () => true,
    write: async (object) => {
      written.push(object);
      return { kind: object.kind, name: object.metadata.name, action: 'create' };
    },
    remove: async (ref) => {
      done.push(`remove ${refText(ref)}`);
      return true;
    },
    podsLeft: async () => [],
    rollout: async ({ name }) => {
      const isTheirs = name === 'nmi';
      const left = isTheirs ? theirLooks : looks;
      const nodes = (left.length > 1 ? left.shift() : left[0]) ?? [];
      const desired = isTheirs ? (world.desired ?? nodes.length) : nodes.length;
      return { counted: true, desired, nodes, ending: isTheirs ? ending : [], trouble: [] };
    },
    taintedNodes: async () => {
      if (!mayListNodes) {
        throw new PodidError('Forbidden', 'You may not list nodes.');
      }
      const all = [...theirs, ...(world.later ?? [])].map(({ name }) => name);
      return [...new Set([...all, ...ending])]
        .filter((name) => name !== others.gone)
        .map((name): TaintedNode => ({ name, ready: true, takesAgent: name !== others.windows, taints: [] }));
    },
  };
  return { done, written, place: fakePlace(agent) };
}

const ready = (...names: string[]): Nodes => names.map((name) => ({ name, ready: true }));
const waiting = (...names: string[]): Nodes => names.map((name) => ({ name, ready: false }));

describe("taking upstream's place", () => {
  it.each<[string, World, string]>([
    ['it goes to one of two nodes', { theirs: ready('a', 'b'), ours: [ready('a')] }, 'b'],
    ['it goes to none of them', { theirs: ready('a', 'b'), ours: [[]] }, 'a, b'],
    ['it is ready elsewhere', { theirs: ready('a', 'b'), ours: [ready('c', 'd')] }, 'a, b'],
    ['theirs is not ready there either', { theirs: waiting('a'), ours: [[]] }, 'a'],
    [
      'it was ready, and is no more when the other would go',
      { theirs: ready('a'), ours: [ready('a'), waiting('a')] },
      'a',
    ],
    [
      "theirs is being replaced on a node, and ours isn't there",
      { theirs: ready('a'), ending: ['b'], ours: [ready('a')] },
      'b',
    ],
    [
      'nobody may say which nodes there are',
      { theirs: ready('a', 'win'), ours: [ready('a')], others: { windows: 'win' }, mayListNodes: false },
      'win',
    ],
    [
      'theirs is about to stand on a node more',
      { theirs: ready('a'), desired: 2, later: ready('a', 'b'), ours: [ready('a')] },
      'b',
    ],
  ])('removes nothing while %s, and names the nodes', async (_, world, named) => {
    const { done, place } = cluster(world);
    const error = await installAgent(place, request, wait).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'AgentNotReady',
      hint: hintText(expect.stringContaining('nmi.nodeSelector')),
    });
    const { details } = error as { details: readonly { message: string }[] };
    expect(details.map(({ message }) => message.split(':')[0]).join(', ')).toBe(named);
    expect(done).toEqual([]);
  });

  it.each<[string, World]>([
    ['it is ready wherever the other is', { theirs: ready('a', 'b'), ours: [ready('a', 'b', 'c')] }],
    ['the other is nowhere', { theirs: [], ours: [[]] }],
    [
      'a node that has just joined has it too',
      { theirs: ready('a', 'b'), ours: [ready('a'), ready('a'), ready('a', 'b')] },
    ],
    [
      'it has come up there again',
      { theirs: ready('a'), ours: [ready('a'), waiting('a'), waiting('a'), ready('a')] },
    ],
    [
      'the rest has Windows, where no agent protects anybody',
      { theirs: [...ready('a'), ...waiting('win')], ours: [ready('a')], others: { windows: 'win' } },
    ],
    [
      'the rest is gone, and a pod is bound to it still',
      { theirs: ready('a', 'old'), ours: [ready('a')], others: { gone: 'old' } },
    ],
    [
      'theirs comes to no further node, though it is for one',
      { theirs: ready('a'), desired: 2, ours: [ready('a')] },
    ],
  ])('goes on once %s', async (_, world) => {
    const { done, place } = cluster(world);
    await installAgent(place, request, wait);
    expect(done[0]).toBe('remove DaemonSet kube-system/nmi');
  });
});

describe("the kubelet's identity", () => {
  const kubelet = '00000000-0000-4000-8000-00000000b0b0';
  const refusedWith = async (given: object, kubeletClientId: () => Promise<string | undefined>) => {
    const { place, written } = cluster({ theirs: [], ours: [ready('a')], found: [] });
    await installAgent(place, { ...request, values: () => read({ podid: given }), kubeletClientId }, wait);
    // Tried before it is written.
    const flags = new Set(JSON.stringify(written).match(/--refuse-client-ids=[^"]*/g));
    return { written: [...flags], ...place };
  };

  it.each([
    ['is refused where Azure names it', {}, kubelet, [kubelet]],
    ['is refused once', { refusedClientIds: [kubelet.toUpperCase()] }, kubelet, [kubelet.toUpperCase()]],
    ['is refused beside others', { refusedClientIds: ['other'] }, kubelet, ['other', kubelet]],
    ['is not refused where nobody names it', {}, undefined, undefined],
    ['is not refused where Azure leaves its id empty', {}, '', undefined],
  ])('%s', async (_, given, clientId, refused) => {
    const { written } = await refusedWith(given, async () => clientId);
    expect(written).toEqual(refused === undefined ? [] : [`--refuse-client-ids=${refused.join(',')}`]);
  });

  it('is left as it is by whoever may not read the cluster in Azure, with a warning', async () => {
    const { written, messages } = await refusedWith({}, async () => {
      throw new PodidError('Forbidden', 'You may not read the cluster.');
    });
    expect(written).toEqual([]);
    expect(messages.join('\n')).toMatch(/an AzureIdentity may name it. You may not read the cluster/);
  });
});

describe('secrets of other namespaces', () => {
  const warned = async (rbac: object, foreign: readonly string[]) => {
    const { place } = cluster({ theirs: [], ours: [ready('a')], found: [] });
    const values = () => read({ rbac });
    await installAgent(place, { ...request, values, foreignSecrets: async () => foreign }, wait);
    return place.messages.join('\n');
  };

  it.each([
    ['are named beforehand', { allowAccessToSecrets: true }, ['capz-system:default'], true],
    ['are not spoken of where there are none', { allowAccessToSecrets: true }, [], false],
    [
      'are not spoken of where no secret is read',
      { allowAccessToSecrets: false },
      ['capz-system:default'],
      false,
    ],
  ])('%s', async (_, rbac, foreign, isNamed) => {
    expect((await warned(rbac, foreign)).includes('capz-system:default')).toBe(isNamed);
  });
});

describe('what the add-on has left behind', () => {
  const { mode: _none, ...standard } = installation({ kind: 'addon', name: 'nmi', ownedByPodid: false });
  const left = { theirs: ready('a'), ours: [ready('a')], found: [standard] };

  it('goes as upstream does where Azure says that the add-on is off, in whatever mode it ran', async () => {
    const { done, place } = cluster(left);
    const values = (of?: object) => read(of === undefined ? {} : { operationMode: 'standard' });
    await installAgent(place, { ...request, values, addonState: async () => 'off' }, wait);
    expect(done).toEqual(['remove DaemonSet kube-system/nmi']);
  });

  it('stays where its nodes would be open', async () => {
    const { done, place } = cluster({ ...left, ours: [[]] });
    const install = installAgent(place, { ...request, addonState: async () => 'off' }, wait);
    await expect(install).rejects.toThrow('not ready on 1 of the 1 nodes');
    expect(done).toEqual([]);
  });

  it.each(['on', undefined] as const)('stays where Azure says: %s', async (state) => {
    const { done, place } = cluster(left);
    const install = installAgent(place, { ...request, addonState: async () => state }, wait);
    await expect(install).rejects.toMatchObject({ code: 'AgentPresent' });
    expect(done).toEqual([]);
  });
});

describe('going in front of another agent', () => {
  const beside = () => read({ podid: { alongside: true } });
  it.each([
    ['names the nodes that have that one alone', [ready('a')], 1],
    ['says nothing where both are everywhere', [ready('a', 'b')], 0],
  ])('%s', async (_, ours, told) => {
    const { done, place } = cluster({ theirs: ready('a', 'b'), ours });
    await installAgent(place, { ...request, values: beside, force: false }, wait);
    expect(
      place.messages.filter((text) => text.includes('Not on 1 of the 2 nodes') && text.includes('b (')),
    ).toHaveLength(told);
    expect(done).toEqual([]);
  });
});

describe('taints', () => {
  it.each([
    [
      "upstream's old default, an empty list",
      { nmi: { tolerations: [] } },
      'tolerates every taint all the same',
    ],
    ['none at all', { podid: { tolerateNothing: true } }, 'keeps the agent off every tainted node'],
    ['some', { nmi: { tolerations: [{ key: 'gpu' }] } }, undefined],
  ])('are reported where the values name %s', async (_, json, told) => {
    const { place } = cluster({ theirs: [], ours: [[]] });
    await installAgent(place, { ...request, values: () => read(json), dryRun: true }, wait);
    expect(place.messages.filter((text) => /taint/.test(text))).toEqual(
      told === undefined ? [] : [expect.stringContaining(told)],
    );
  });
});
