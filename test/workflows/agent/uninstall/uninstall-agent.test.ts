import { describe, expect, it } from 'vitest';
import type {
  AgentCluster,
  Rollout,
  StoredLedger,
  TaintedNode,
} from '../../../../src/domain/kubernetes/agent-cluster.ts';
import { type ObjectRef, refOf, refText } from '../../../../src/domain/kubernetes/kube-object.ts';
import { PodidError } from '../../../../src/errors/podid-error.ts';
import { readAgentValues } from '../../../../src/validate/files/values/agent-values.ts';
import { treeOfJson } from '../../../../src/validate/files/values/value-tree.ts';
import { UsageFaults } from '../../../../src/validate/usage-faults.ts';
import { uninstallAgent } from '../../../../src/workflows/agent/uninstall/uninstall-agent.ts';
import { hintText } from '../../../hint-text.ts';
import { fakePlace, installation } from '../fake-agent-place.ts';

const taint = 'startup-taint.cluster-autoscaler.kubernetes.io/podid-agent-not-ready';
const wait = { timeoutMs: 60_000, intervalMs: 1000, signal: new AbortController().signal };
const values = readAgentValues(
  treeOfJson({ operationMode: 'managed', podid: { image: { repository: 'reg/podid' } } }, 'test'),
  'kube-system',
  new UsageFaults(),
);
const request = {
  release: { name: 'podid', namespace: 'kube-system', version: '0.1.0' },
  ...{ values, cleanUpOnly: false, dryRun: false },
};
const daemonSet: ObjectRef = {
  ...{ apiVersion: 'apps/v1', kind: 'DaemonSet', namespace: 'kube-system', name: 'podid-nmi' },
};
const role: ObjectRef = {
  ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', name: 'podid-nmi' },
};

interface World {
  readonly nodes: readonly TaintedNode[];
  /** Pods of the clean-up. */
  readonly pods: Rollout['nodes'];
  readonly agents?: AgentCluster['installations'];
}

/** A cluster that writes down what is done to it. */
function cluster({ nodes, pods, agents = async () => [installation()] }: World) {
  const done: string[] = [];
  let ending = 2;
  const agent: Partial<AgentCluster> = {
    installations: agents,
    ownObjects: async () => [daemonSet, role],
    tokenRoles: async () => [],
    ledger: async () => undefined,
    remove: async (ref) => {
      done.push(`remove ${refText(ref)}`);
      return ref.name !== 'podid-clean-up';
    },
    podsLeft: async (_, labels) => {
      const isAgent = !Object.values(labels).includes('clean-up');
      if (!isAgent || ending === 0) {
        return [];
      }
      ending -= 1;
      done.push('an agent still runs');
      return ['podid-nmi-x'];
    },
    createBriefly: async (object) => {
      done.push(`create ${refText(refOf(object))}`);
      return 'uid';
    },
    rollout: async () => ({ counted: true, desired: pods.length, nodes: pods, ending: [], trouble: [] }),
    taintedNodes: async () => nodes,
    removeTaint: async (name, key) => {
      done.push(`untaint ${name} ${key}`);
    },
  };
  return { done, place: fakePlace(agent) };
}

const tainted = (key: string) => ({ key, value: '', effect: 'NoSchedule' });
const node = (name: string, more: Partial<TaintedNode> = {}): TaintedNode => ({
  ...{ name, ready: true, takesAgent: true, taints: [] },
  ...more,
});

const many = Object.fromEntries(
  Array.from({ length: 25 }, (_, at) => [`m${at}`, { on: Array.from({ length: 11 }, (_, i) => `i${i}`) }]),
);

describe('taking the agent off the nodes', () => {
  it('cleans once no agent runs any more, and takes away what it made', async () => {
    const agents = async () => [installation({ startupTaint: taint })];
    const nodes = [node('a', { taints: [taint, 'other'].map(tainted) }), node('b')];
    const { done, place } = cluster({ nodes, pods: [ready('a'), ready('b')], agents });
    const end = await uninstallAgent(place, request, wait);
    expect(done).toEqual([
      'remove DaemonSet kube-system/podid-nmi',
      'an agent still runs',
      'an agent still runs',
      'remove ClusterRole podid-nmi',
      'remove DaemonSet kube-system/podid-clean-up',
      'create DaemonSet kube-system/podid-clean-up',
      `untaint a ${taint}`,
      'remove DaemonSet kube-system/podid-clean-up',
    ]);
    expect(end?.failure).toBeUndefined();
    expect(place.messages.join('\n')).toContain('are left there');
    expect(place.messages.join('\n')).toContain('Left in the cluster: the definitions');
  });

  it('waits for no node that is away, and names it', async () => {
    const { place, done } = cluster({ nodes: [node('a'), node('b', { ready: false })], pods: [ready('a')] });
    const end = await uninstallAgent(place, request, wait);
    expect(place.clock.now()).toBeLessThan(10_000);
    expect(end?.failure).toMatchObject({
      code: 'CleanUpIncomplete',
      exitCode: 7,
      message: '1 of 2 nodes may still hold rules: b (the node is not ready).',
    });
    expect(end?.result.nodes).toEqual([
      { name: 'a', clean: true },
      { name: 'b', clean: false, reason: 'the node is not ready' },
    ]);
    expect(done.at(-1)).toBe('remove DaemonSet kube-system/podid-clean-up');
  });

  it('waits for no pod that the cluster says is never started, and says so', async () => {
    const { place, done } = cluster({ nodes: [node('a'), node('b')], pods: [] });
    const rollout = { counted: false, desired: 0, nodes: [], ending: [], trouble: [] };
    const agent = Object.assign(place.agent, {
      rollout: async () => ({ ...rollout, failure: 'no kubelet' }),
    });
    const end = await uninstallAgent({ ...place, agent }, request, wait);
    expect(place.clock.now()).toBeLessThan(10_000);
    expect(end?.failure?.message).toBe('2 of 2 nodes may still hold rules: a (no kubelet), b (no kubelet).');
    expect(done.at(-1)).toBe('remove DaemonSet kube-system/podid-clean-up');
  });

  it('takes its DaemonSet away also when it fails', async () => {
    const { place, done } = cluster({ nodes: [], pods: [] });
    const broken = {
      ...place,
      agent: Object.assign(place.agent, { rollout: () => Promise.reject(new Error('cut')) }),
    };
    await expect(uninstallAgent(broken, request, wait)).rejects.toThrow('cut');
    expect(done.at(-1)).toBe('remove DaemonSet kube-system/podid-clean-up');
  });

  it('takes the controller with the agent, waits for its pods, and says what stays on machines', async () => {
    const { place, done } = cluster({ nodes: [], pods: [] });
    const machines = { '/s/vmss/one': { on: ['/s/web', '/s/jobs'] }, '/s/vm/two': { on: ['/s/web'] } };
    const agent = Object.assign(place.agent, {
      ownObjects: async () => [daemonSet, { ...daemonSet, kind: 'Deployment', name: 'podid-mic' }],
      ledger: async () => ({ state: { epoch: 1, machines }, version: '1' }),
    });
    const end = await uninstallAgent({ ...place, agent }, request, wait);
    expect(end?.failure).toBeUndefined();
    expect(end?.result.machines).toBeUndefined();
    expect(done).toContain('remove Deployment kube-system/podid-mic');
    const said = place.messages.join('\n');
    expect(said).toContain('Left: 3 identities that podid put on 2 machines');
    expect(said).toContain('one carries web, jobs.');
    expect(said).toContain('two carries web.');
    expect(said).toContain('podid nmi uninstall --clean-up-only --remove-identities --namespace kube-system');
  });

  it.each<[string, () => Promise<StoredLedger | undefined>, readonly string[]]>([
    [
      'a ledger',
      async () => ({ state: { epoch: 1, machines: { one: { on: ['web'] } } }, version: '1' }),
      ['Left: 1 identity that podid put on 1 machine, and the ledger that says which.', 'one carries web.'],
    ],
    ['no ledger', async () => undefined, []],
    ['a ledger that may not be read', () => Promise.reject(new PodidError('Forbidden', 'no')), []],
    [
      'more than anybody reads',
      async () => ({ state: { epoch: 1, machines: many }, version: '1' }),
      [
        'Left: 275 identities that podid put on 25 machines, and the ledger that says which.',
        'm0 carries i0, i1, i2, i3, i4, i5, i6, i7, i8, i9 and 1 more identities.',
        '5 more machines carry some: ConfigMap kube-system/podid-mic-ledger.',
      ],
    ],
  ])('says what stays on machines after Helm has taken the controller: %s', async (_, ledger, lines) => {
    const { place } = cluster({ nodes: [], pods: [], agents: async () => [] });
    const agent = Object.assign(place.agent, { ledger });
    const end = await uninstallAgent({ ...place, agent }, { ...request, cleanUpOnly: true }, wait);
    expect(end?.failure).toBeUndefined();
    for (const line of lines) {
      expect(place.messages).toContainEqual(expect.stringContaining(line));
    }
    expect(place.messages.join('\n').includes('--remove-identities')).toBe(lines.length > 0);
  });

  it('writes nothing on a dry run', async () => {
    const { place, done } = cluster({ nodes: [node('a')], pods: [] });
    const end = await uninstallAgent(place, { ...request, dryRun: true }, wait);
    expect(done).toEqual([]);
    expect(end?.result.objects.map(({ kind, action }) => `${action} ${kind}`)).toEqual([
      'delete DaemonSet',
      'delete ClusterRole',
    ]);
  });

  it.each([
    [
      "Helm's",
      installation({ ownedByPodid: false, release: { name: 'agents', namespace: 'kube-system' } }),
      'helm uninstall agents -n kube-system',
    ],
    [
      "kubectl's",
      installation({ ownedByPodid: false }),
      'kubectl delete daemonset,serviceaccount,clusterrole,clusterrolebinding -A -l app.kubernetes.io/name=podid',
    ],
    [
      'in another namespace',
      installation({ namespace: 'podid', madeBy: 'administrator' }),
      'podid nmi uninstall --namespace podid',
    ],
  ])('leaves an agent that is %s to whom it belongs', async (_, found, hint) => {
    const { place, done } = cluster({ nodes: [], pods: [], agents: async () => [found] });
    await expect(uninstallAgent(place, request, wait)).rejects.toMatchObject({
      code: 'AgentPresent',
      hint: hintText(expect.stringContaining(hint)),
    });
    expect(done).toEqual([]);
  });

  it('cleans nothing beside an agent that would restore its rules', async () => {
    const { place, done } = cluster({ nodes: [node('a')], pods: [ready('a')] });
    for (const more of [{ cleanUpOnly: true }, { node: 'a' }]) {
      await expect(uninstallAgent(place, { ...request, ...more }, wait)).rejects.toMatchObject({
        code: 'AgentPresent',
      });
    }
    expect(done).toEqual([]);
  });

  it.each([
    ['that the cluster lacks', 'c', 'The cluster has no node c. Its Linux nodes: a, b.'],
    ['of Windows', 'w', "Node w is not a Linux machine of the cluster's own, so that no agent was there."],
  ])('refuses a node %s before it asks or makes anything', async (_, name, message) => {
    const nodes = [node('a'), node('b'), node('w', { takesAgent: false })];
    const { place, done } = cluster({ nodes, pods: [], agents: async () => [] });
    for (const dryRun of [true, false]) {
      await expect(uninstallAgent(place, { ...request, node: name, dryRun }, wait)).rejects.toMatchObject({
        code: 'EntryNotFound',
        message,
      });
    }
    expect(done).toEqual([]);
  });

  it('waits for the pods of an agent that Helm has just deleted', async () => {
    const { place, done } = cluster({ nodes: [node('a')], pods: [ready('a')], agents: async () => [] });
    await uninstallAgent(place, { ...request, cleanUpOnly: true }, wait);
    expect(done.indexOf('create DaemonSet kube-system/podid-clean-up')).toBeGreaterThan(
      done.lastIndexOf('an agent still runs'),
    );
  });
});

function ready(name: string): Rollout['nodes'][number] {
  return { name, ready: true };
}
