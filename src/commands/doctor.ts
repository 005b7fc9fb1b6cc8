import { yesFlag } from '../cli/flags/change-flags.ts';
import { clusterFlags, kubeFlags } from '../cli/flags/cluster-flags.ts';
import { changeOptions } from '../cli/open/change-options.ts';
import { openDeps } from '../cli/open/open-deps.ts';
import { doctorShape, doctorView } from '../cli/results/doctor-result.ts';
import { defineCommand } from '../cli/run/command-spec.ts';
import type { Session } from '../cli/run/session.ts';
import { namespaceFilter } from '../validate/flags/entry-key.ts';
import { exceptionNameRule } from '../validate/flags/kubernetes-names.ts';

export const doctorCommand = defineCommand({
  examplesOfResult: async () => (await import('../cli/results/result-examples.ts')).diagnosed,
  description:
    'Checks each link of the chain from your sign-in to what a token opens, in Azure and in the cluster, and reports on each in order: what was found, why it matters, and the command that fixes it. A check that depends on a failed one is skipped, and so is one that you lack a right for; the right is named. Nothing is written without --fix; with it the member fixed of the result says what was done. Exits with 10 when a check failed, and with 7 when none did but the API of the cluster or Azure could not be asked for all of them.',
  examples: [
    { title: 'the whole cluster', line: 'podid doctor -g demo-rg -c demo' },
    {
      title: 'why one pod has no token',
      line: 'podid doctor -g demo-rg -c demo --namespace demo --pod web-1',
    },
    { title: 'only what is wrong', line: 'podid doctor -g demo-rg -c demo --problems' },
    {
      title: 'how many checks failed, for a script',
      line: 'podid doctor -g demo-rg -c demo -o tsv --query summary.fail',
    },
  ],
  flags: {
    namespace: { kind: 'text', value: 'NAMESPACE', summary: 'only what concerns this namespace' },
    pod: { kind: 'text', value: 'NAME', summary: 'only what concerns this pod; with --namespace' },
    deployment: {
      kind: 'text',
      value: 'NAME',
      summary: 'only what concerns the pods of this Deployment; with --namespace',
    },
    problems: { kind: 'switch', summary: 'print only the checks that failed or warn' },
    fix: {
      kind: 'switch',
      summary:
        "after asking, grant the cluster's missing roles, remove entries whose identity is gone and write missing objects",
    },
    ...yesFlag,
    ...clusterFlags,
    ...kubeFlags,
  },
  async run(flags, session) {
    const filter = namespaceFilter(flags.namespace, session.faults);
    checkSubject(session, flags);
    const options = changeOptions(session, {});
    const { deps, cluster } = await openDeps(session, flags, {
      kube: true,
      confirm: flags.fix ? { refused: 'Left as it is.' } : {},
    });
    const { diagnose, notSeen } = await import('../workflows/doctor/diagnose.ts');
    const { pod, deployment, fix } = flags;
    const subject = {
      cluster,
      ...filter,
      ...(pod === undefined ? {} : { pod }),
      ...(deployment === undefined ? {} : { deployment }),
    };
    const diagnosis = await diagnose(deps, { subject, fix }, options);
    await session.print(doctorView(diagnosis, flags.problems), doctorShape(session.context.stdout.columns));
    const unseen = notSeen(diagnosis.checks);
    if (unseen !== undefined) {
      throw unseen;
    }
    return diagnosis.checks.some(({ result }) => result === 'fail') ? 10 : 0;
  },
});

function checkSubject(
  { faults }: Session,
  flags: {
    readonly namespace: string | undefined;
    readonly pod: string | undefined;
    readonly deployment: string | undefined;
    readonly fix: boolean;
    readonly yes: boolean;
  },
): void {
  for (const flag of ['pod', 'deployment'] as const) {
    if (flags[flag] !== undefined && flags.namespace === undefined) {
      faults.add(`--${flag}`, `--${flag} goes with --namespace.`);
    }
    const name = flags[flag];
    if (name !== undefined) {
      faults.check(`--${flag}`, name, `the name of a ${flag}`, exceptionNameRule);
    }
  }
  if (flags.pod !== undefined && flags.deployment !== undefined) {
    faults.add('--deployment', '--pod and --deployment exclude each other; give one of them.');
  }
  if (flags.yes && !flags.fix) {
    faults.add('--yes', '--yes needs --fix: without it nothing is asked.');
  }
}
