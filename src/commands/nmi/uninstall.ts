import {
  agentNamespaceFlag,
  agentTimeoutFlag,
  agentValueFlags,
  releaseName,
} from '../../cli/flags/agent-flags.ts';
import { dryRunFlags, yesFlag } from '../../cli/flags/change-flags.ts';
import { clusterFlags, kubeFlags } from '../../cli/flags/cluster-flags.ts';
import { agentNamespace, agentWait } from '../../cli/open/agent-wait.ts';
import { waitTimes } from '../../cli/open/change-options.ts';
import { openCluster } from '../../cli/open/open-cluster.ts';
import { openAzure } from '../../cli/open/open-deps.ts';
import { agentChangeShape, agentExamples, uninstallView } from '../../cli/results/agent-result.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';
import { exceptionNameRule } from '../../validate/flags/kubernetes-names.ts';

export const nmiUninstallCommand = defineCommand({
  description:
    'Removes the objects that podid nmi install wrote, and before them the Roles by which podid exchange lets the agent make tokens, waits until the agents have ended, and then removes rules, boot guard and taint from every node with a short-lived DaemonSet. The definitions, identities, bindings and exceptions stay. If nodes could not be reached, it names them and exits with 7; run it again with --clean-up-only to continue. In standard mode the identities that the controller podid-mic put on machines stay, and with them its ledger; --remove-identities removes exactly those that the ledger names, and then the ledger. An agent that Helm installed is removed by helm uninstall, which cleans the nodes in the same way; Roles of podid exchange that it leaves behind are removed by this command afterwards, and then nothing else is.',
  examples: [
    {
      title: 'what it would remove',
      line: 'podid nmi uninstall -g demo-rg -c demo --dry-run',
      needs: 'a cluster',
    },
    {
      title: 'the identities, too, that the controller of standard mode put on machines',
      line: 'podid nmi uninstall -g demo-rg -c demo --remove-identities --yes',
      needs: 'a cluster',
    },
    { title: 'remove it', line: 'podid nmi uninstall -g demo-rg -c demo --yes', needs: 'a cluster' },
    {
      title: 'clean a node on which the agent no longer runs',
      line: 'podid nmi uninstall -g demo-rg -c demo --node aks-nodepool1-12345678-vmss000001 --yes',
      needs: 'a cluster',
    },
  ],
  flags: {
    ...agentNamespaceFlag,
    node: { kind: 'text', value: 'NAME', summary: 'only clean this node, on which no agent runs any more' },
    cleanUpOnly: { kind: 'switch', summary: 'only clean the nodes; the agent is gone already' },
    removeIdentities: {
      kind: 'switch',
      summary: 'also remove from the machines what podid-mic put there, by its ledger, and then the ledger',
    },
    ...agentValueFlags,
    ...yesFlag,
    dryRun: dryRunFlags.dryRun,
    ...agentTimeoutFlag,
    ...clusterFlags,
    ...kubeFlags,
  },
  examplesOfResult: async () => agentExamples.uninstall,
  async run(flags, session) {
    const { faults, context } = session;
    const { node, cleanUpOnly, removeIdentities, dryRun } = flags;
    if (node !== undefined) {
      faults.check('--node', node, 'the name of a node', exceptionNameRule);
    }
    if (node !== undefined && cleanUpOnly) {
      faults.add('--clean-up-only', '--clean-up-only cleans every node, and --node one; give one of them.');
    }
    if (node !== undefined && removeIdentities) {
      faults.add(
        '--remove-identities',
        '--remove-identities is for all machines of the ledger, and --node cleans one node; give one of them.',
      );
    }
    const namespace = agentNamespace(session, flags.namespace);
    const wait = agentWait(session, flags.timeout);
    const { readValueFlags } = await import('../../cli/flags/read-values.ts');
    const values = await readValueFlags(session, flags, { namespace, purpose: 'clean-up' });
    const { pollIntervalMs } = waitTimes(session, flags);
    const deps = await openCluster(session, flags);
    const { uninstallAgent } = await import('../../workflows/agent/uninstall/uninstall-agent.ts');
    const release = { name: releaseName, namespace, version: context.version };
    const request = {
      release,
      values: values(),
      cleanUpOnly,
      dryRun,
      ...(node === undefined ? {} : { node }),
      ...(removeIdentities
        ? { removeIdentities: { machines: (await openAzure(session, undefined)).machines, pollIntervalMs } }
        : {}),
    };
    const end = await uninstallAgent(deps, request, wait);
    await session.print(end === undefined ? null : uninstallView(end.result), agentChangeShape);
    if (end?.failure !== undefined) {
      throw end.failure;
    }
    return 0;
  },
});
