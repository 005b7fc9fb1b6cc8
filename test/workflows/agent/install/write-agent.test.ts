import { describe, expect, it } from 'vitest';
import type { AgentObjectChange } from '../../../../src/domain/kubernetes/agent-cluster.ts';
import type { AgentValues } from '../../../../src/domain/kubernetes/agent-values.ts';
import { writeAgent } from '../../../../src/workflows/agent/install/write-agent.ts';
import { fakePlace } from '../fake-agent-place.ts';

const wait = { timeoutMs: 60_000, intervalMs: 1000, signal: new AbortController().signal };
const release = { name: 'podid', namespace: 'kube-system', version: '0.1.0' };
const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'azureidentities.aadpodidentity.k8s.io' },
};

/** What is told on the way, where the cluster answers so for the definition. */
async function told(action: AgentObjectChange['action']): Promise<readonly string[]> {
  const lines: string[] = [];
  const place = fakePlace({
    render: () => ({ definitions: [definition], objects: [] }),
    isEstablished: async () => true,
    write: async ({ kind, metadata: { name } }) => ({ kind, name, action }),
  });
  const report = { ...place.report, progress: (text: unknown) => void lines.push(String(text)) };
  await writeAgent({ ...place, report }, { values: {} as AgentValues, release, force: false }, wait);
  return lines.slice(1);
}

describe('writing the agent', () => {
  it('says that it writes the definitions where it does', async () => {
    expect(await told('create')).toEqual(['Writing the definitions of the identity kinds']);
  });

  it('says that they stay where they are those of another', async () => {
    expect(await told('foreign')).toEqual(['The definitions of the identity kinds stay as they are']);
  });
});
