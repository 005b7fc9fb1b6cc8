import { agentMisnamed, agentNamespaceFlag } from '../../cli/flags/agent-flags.ts';
import { clusterFlags, kubeFlags } from '../../cli/flags/cluster-flags.ts';
import { watchFlags, watchInterval } from '../../cli/flags/list-flags.ts';
import { agentNamespace, agentWait } from '../../cli/open/agent-wait.ts';
import { addonState, openCluster } from '../../cli/open/open-cluster.ts';
import { agentExamples, agentStatusShape, agentStatusView } from '../../cli/results/agent-result.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';
import { advice, command } from '../../errors/hint.ts';

export const nmiStatusCommand = defineCommand({
  description:
    "Prints for every Linux node whether podid's agent is ready, whether its redirect rules are verified, whether the address guard is active, its version, and which other agents run there; during a takeover from the add-on also what it holds. Agents are asked through the cluster's API; what you lack the right to read is unknown: where nodes may not be listed, those of the agents' pods are shown, and nodesRead is false. With --probe a short-lived pod on each node asks the metadata address as any pod would, and shows who answers: agent, past (something else answered: the node is open), silent (nothing answered). Exits with 10 when a probe got past the agent, else with 7 when a probe did not finish, else with 6 where nodes may not be listed. With --watch JSON is a line each time.",
  examples: [
    { title: 'the whole cluster', line: 'podid nmi status -g demo-rg -c demo', needs: 'a cluster' },
    {
      title: 'nodes whose rules are not verified, for a script',
      line: 'podid nmi status -g demo-rg -c demo -o json --query "nodes[?rules!=\'verified\'].name"',
      needs: 'a cluster',
    },
    {
      title: 'again each time something changes',
      line: 'podid nmi status -g demo-rg -c demo --watch',
      needs: 'a cluster',
    },
    {
      title: 'an end-to-end test',
      line: 'podid nmi status -g demo-rg -c demo --probe',
      needs: 'a cluster',
    },
  ],
  misnamed: { ...agentMisnamed },
  flags: {
    ...agentNamespaceFlag,
    probe: { kind: 'switch', summary: 'start a short-lived pod on each node that checks who answers it' },
    timeout: {
      kind: 'text',
      value: 'DURATION',
      summary: 'with --probe: how long a probe may take',
      fallback: '2m',
    },
    ...watchFlags,
    ...clusterFlags,
    ...kubeFlags,
  },
  examplesOfResult: async () => agentExamples.status,
  async run(flags, session) {
    const namespace = agentNamespace(session, flags.namespace);
    const wait = agentWait(session, flags.timeout ?? '2m');
    const intervalMs = await watchInterval(flags, session);
    if (flags.watch && flags.probe) {
      session.faults.add('--watch', '--watch and --probe contradict each other.');
    }
    const deps = await openCluster(session, flags);
    const { readAgentStatus } = await import('../../workflows/agent/status/read-agent-status.ts');
    const asked = { namespace, addonState: (signal: AbortSignal) => addonState(deps, signal) };
    if (intervalMs !== undefined) {
      const { watchResult } = await import('../../cli/run/watch-result.ts');
      return await watchResult(session, intervalMs, async (report) => {
        const { status } = await readAgentStatus({ ...deps, report }, asked, wait.signal);
        const view = agentStatusView(status, undefined);
        const shape = { ...agentStatusShape(status, false), repeated: true as const };
        return { text: JSON.stringify(view), print: () => session.print(view, shape) };
      });
    }
    const { status, installation } = await readAgentStatus(deps, asked, wait.signal);
    if (!flags.probe || installation === undefined) {
      await session.print(agentStatusView(status, undefined), agentStatusShape(status, false));
      return 0;
    }
    const { probeNodes, probesExitCode } = await import('../../workflows/agent/probes/probe-nodes.ts');
    const names = status.nodes.map(({ name }) => name);
    const probes = await probeNodes(deps, installation, names, wait);
    for (const { name, reason } of probes) {
      if (reason !== undefined) {
        session.report.warn(
          `The probe on node ${name} printed nothing: ${reason}`,
          advice`Give it longer: ${command('podid nmi status --probe --timeout 5m').again()}`,
        );
      }
    }
    await session.print(agentStatusView(status, probes), agentStatusShape(status, true));
    return probesExitCode(probes, status.nodesRead);
  },
});
