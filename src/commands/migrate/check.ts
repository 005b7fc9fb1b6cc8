import { setMaxListeners } from 'node:events';
import { clusterFlags, kubeFlags } from '../../cli/flags/cluster-flags.ts';
import { rehearsalOf } from '../../cli/flags/exchange-flags.ts';
import { checkExamples, checksShape, checksView } from '../../cli/migrate/check-result.ts';
import { proofFlags, workloadFlags } from '../../cli/migrate/migration-flags.ts';
import { sha256 } from '../../cli/migrate/sha256.ts';
import { agentWait } from '../../cli/open/agent-wait.ts';
import { openDeps } from '../../cli/open/open-deps.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import { namespaceFilter } from '../../validate/flags/entry-key.ts';
import { workloadChoice } from '../../validate/flags/workload-choice.ts';

export const migrateCheckCommand = defineCommand({
  description:
    "Proves that workloads may move, before any pod gets the label. Makes a token of the workload's service account with your own rights, for ten minutes and for Entra alone, exchanges it at Entra again and again, checks whose token comes, and forgets both. Nothing is changed, in Azure or in the cluster. An identity that has no federated credential for the account is left out, because Entra would remember the refusal. Exits with 10 when a workload failed.\n\nWith --from-pod a pod like the workload's asks instead: of its namespace, account, labels, nodes and proxies, in podid's image and without any right. So it shows whether such pods reach Entra at all, past network policies, firewalls and proxies. It is no pod of any Service or controller, leaves no token in logs, variables or arguments, and is taken away again, also after Ctrl-C.\n\nYour own rights: those of podid migrate plan, and create serviceaccounts/token of the accounts; with --from-pod create, get and delete of pods in place of that.",
  examples: [
    {
      title: 'one workload',
      line: 'podid migrate check -g demo-rg -c demo --namespace demo --workload deployment/web',
      needs: 'a cluster',
    },
    {
      title: 'all whose identities trust them, in less time',
      line: 'podid migrate check -g demo-rg -c demo --rounds 3 --over 5s',
    },
    {
      title: 'from a pod like its own, past network policies and proxies',
      line: 'podid migrate check -g demo-rg -c demo --namespace demo --workload deployment/web --from-pod',
      needs: 'a cluster',
    },
  ],
  wordsOf: 'workload',
  flags: {
    ...workloadFlags,
    workload: { ...workloadFlags.workload, fallback: 'all that are trusted' },
    ...proofFlags,
    fromPod: { kind: 'switch', summary: "exchange in a short-lived pod like the workload's" },
    image: {
      kind: 'text',
      value: 'IMAGE',
      summary: "podid's image for the pod of --from-pod",
      fallback: "that of podid's agent",
    },
    timeout: {
      kind: 'text',
      value: 'DURATION',
      summary: 'how long the pod of --from-pod may take to run',
      fallback: '2m',
    },
    ...clusterFlags,
    ...kubeFlags,
  },
  examplesOfResult: async () => checkExamples,
  async run(flags, session) {
    const filter = namespaceFilter(flags.namespace, session.faults);
    const workloads = flags.workload?.map((text) => workloadChoice(text, session.faults));
    const rehearsal = rehearsalOf(flags, session.faults);
    const wait = agentWait(session, flags.timeout ?? '2m');
    for (const [name, value] of [
      ['--image', flags.image],
      ['--timeout', flags.timeout],
    ] as const) {
      if (value !== undefined && !flags.fromPod) {
        session.faults.add(name, `${name} is of the pod of --from-pod; give that too.`);
      }
    }
    const { deps, cluster } = await openDeps(session, flags, { kube: true });
    // One signal ends all rehearsals, which go side by side and listen to it.
    setMaxListeners(0);
    const { checkWorkloads } = await import('../../workflows/migrate/check-workloads.ts');
    const { parsePodExchange } = await import('../../validate/azure/pod-exchange.ts');
    const fromPod = {
      image: flags.image,
      startMs: wait.timeoutMs,
      intervalMs: wait.intervalMs,
      read: parsePodExchange,
    };
    const checks = await checkWorkloads(deps, {
      cluster,
      ...filter,
      workloads,
      rehearsal,
      sha256,
      ...(flags.fromPod ? { fromPod } : {}),
    });
    if (checks.every(({ result }) => result === 'skip')) {
      session.report.warn(
        'Nothing was exchanged, and nothing is proved: no workload here has an identity that trusts its service account.',
        nextCommand('migrate plan', cluster, filter),
      );
    }
    await session.print(checksView(checks), checksShape);
    return checks.some(({ result }) => result === 'fail') ? 10 : 0;
  },
});
