import { agentMisnamed, agentNamespaceFlag } from '../../cli/flags/agent-flags.ts';
import { clusterFlags, kubeFlags } from '../../cli/flags/cluster-flags.ts';
import { sha256 } from '../../cli/migrate/sha256.ts';
import { agentNamespace } from '../../cli/open/agent-wait.ts';
import { openDeps } from '../../cli/open/open-deps.ts';
import { outFile, saveOut } from '../../cli/open/out-file.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';
import { takeoverExamples, takeoverPlanShape, takeoverPlanView } from '../../cli/takeover/takeover-result.ts';
import { PodidError } from '../../errors/podid-error.ts';

export const takeoverPlanCommand = defineCommand({
  description:
    'The first step of a takeover. Reads everything that the add-on may take away when it is turned off, and everything that depends on it: its profile, its objects in the cluster, the identities on the nodes. Prints what blocks a takeover and what you should know before, each with the next command. With --out all of it is saved in a file. Nothing is written in Azure or in the cluster.\n\nYour own rights: to read the cluster, its identities and its machines in Azure; in the cluster to list nodes, daemonsets, the pods of agents, the kinds of aadpodidentity.k8s.io and SecretProviderClasses, and to get the namespace kube-system and the ConfigMap podid-takeover.',
  examples: [
    { title: 'what blocks it', line: 'podid takeover plan -g demo-rg -c demo' },
    {
      title: 'and all that there is, saved in a file',
      line: 'podid takeover plan -g demo-rg -c demo --out takeover.yaml',
    },
    {
      title: 'the codes alone, for a script',
      line: 'podid takeover plan -g demo-rg -c demo -o json --query "blockers[].code"',
    },
  ],
  misnamed: { ...agentMisnamed },
  flags: {
    out: {
      kind: 'text',
      value: 'FILE',
      summary: 'also save all of it in this file: .yaml or .json, readable by you alone',
    },
    force: { kind: 'switch', summary: 'overwrite the file of --out' },
    ...agentNamespaceFlag,
    ...clusterFlags,
    ...kubeFlags,
  },
  examplesOfResult: async () => takeoverExamples.plan,
  async run(flags, session) {
    const namespace = agentNamespace(session, flags.namespace);
    const file = await outFile(flags, ['yaml', 'json'], session.faults);
    // The namespace is the agent's, and no entry's.
    const { namespace: _, ...ofCluster } = flags;
    const { deps, cluster } = await openDeps(session, ofCluster, { kube: true });
    const [{ planTakeover }, { readTakeoverRecord }] = await Promise.all([
      import('../../workflows/takeover/plan-takeover.ts'),
      import('../../validate/files/takeover/takeover-record.ts'),
    ]);
    const readRecord = (data: Readonly<Record<string, string>>) => readTakeoverRecord(data, sha256);
    const planned = await planTakeover(deps, { cluster, namespace, sha256, readRecord, file: file?.path });
    const { export: all } = planned;
    if (file !== undefined && all.kind === 'read') {
      await saveOut(file, all.value);
      session.report.note(`All that there is, is in ${file.path}.`);
    }
    await session.print(takeoverPlanView(planned), takeoverPlanShape);
    if (file !== undefined && all.kind === 'unread') {
      throw notWritten(file.path, all.error);
    }
    return 0;
  },
});

/** A file that lacks what was not read looks as one of a cluster that has nothing. */
function notWritten(path: string, { code, message, hint, details, exitCode }: PodidError): PodidError {
  return new PodidError(code, `${path} was not written: it would lack what could not be read. ${message}`, {
    ...(hint === undefined ? {} : { hint }),
    details,
    exitCode,
  });
}
