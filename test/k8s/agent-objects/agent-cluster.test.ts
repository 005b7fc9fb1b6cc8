import { describe, expect, it } from 'vitest';
import { agentCluster } from '../../../src/k8s/agent-objects/agent-cluster.ts';
import { expired, page, scriptedRest, signal } from '../scripted-rest.ts';

const node = (name: string) => ({
  metadata: { name, labels: { 'kubernetes.io/os': 'linux' } },
  spec: {},
  status: { conditions: [] },
});

describe("the cluster as the place of the agent's objects", () => {
  it('lists again when the list expired between two pages', async () => {
    const { rest, asked } = scriptedRest([
      page([node('gone')], 'first'),
      expired,
      page([node('a')], 'second'),
      page([node('b')]),
    ]);
    const nodes = await agentCluster(rest).taintedNodes(signal);
    expect(nodes.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(asked).toHaveLength(4);
  });
});
