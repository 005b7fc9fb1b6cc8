import { agentMisnamed, agentNamespaceFlag } from '../../cli/flags/agent-flags.ts';
import { clusterFlags, kubeFlags } from '../../cli/flags/cluster-flags.ts';
import { sha256 } from '../../cli/migrate/sha256.ts';
import { agentNamespace } from '../../cli/open/agent-wait.ts';
import { openDeps } from '../../cli/open/open-deps.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';
import {
  takeoverExamples,
  takeoverStatusShape,
  takeoverStatusView,
} from '../../cli/takeover/takeover-result.ts';

export const takeoverStatusCommand = defineCommand({
  description:
    'Shows how far the takeover from the add-on is, by its ConfigMap podid-takeover in the namespace of the agent: the last step whose proof was there, what the probe pods asked and got in each step, and the next command. Nothing is written in Azure or in the cluster.',
  examples: [
    { title: 'how far it is', line: 'podid takeover status -g demo-rg -c demo' },
    {
      title: 'the figures, for a script',
      line: 'podid takeover status -g demo-rg -c demo -o json --query proof',
    },
  ],
  misnamed: {
    ...agentMisnamed,
    '--watch': 'To look again and again: watch -n 5 podid takeover status.',
    '-w': 'To look again and again: watch -n 5 podid takeover status.',
  },
  flags: { ...agentNamespaceFlag, ...clusterFlags, ...kubeFlags },
  examplesOfResult: async () => takeoverExamples.status,
  async run(flags, session) {
    const namespace = agentNamespace(session, flags.namespace);
    const { namespace: _, ...ofCluster } = flags;
    const { deps, cluster } = await openDeps(session, ofCluster, { kube: true });
    const [{ takeoverStatus }, { readTakeoverRecord }] = await Promise.all([
      import('../../workflows/takeover/takeover-status.ts'),
      import('../../validate/files/takeover/takeover-record.ts'),
    ]);
    const readRecord = (data: Readonly<Record<string, string>>) => readTakeoverRecord(data, sha256);
    const status = await takeoverStatus(deps, { cluster, namespace, readRecord });
    await session.print(takeoverStatusView(status), takeoverStatusShape);
    return 0;
  },
});
