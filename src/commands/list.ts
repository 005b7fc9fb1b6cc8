import { clusterFlags, kubeFlags, rawClusterFlag } from '../cli/flags/cluster-flags.ts';
import { listMisnamed } from '../cli/flags/entry-flags.ts';
import { identityListFlags, listedNamespace, watchFlags, watchInterval } from '../cli/flags/list-flags.ts';
import { modeFlag, readingNeeds } from '../cli/flags/mode-flags.ts';
import type { pickEntries } from '../cli/flags/pick-entries.ts';
import { openDeps } from '../cli/open/open-deps.ts';
import { finishDone } from '../cli/results/finish.ts';
import { reportEmptyList } from '../cli/results/report-empty-list.ts';
import { each, identityView, listedShape } from '../cli/results/result-shapes.ts';
import { defineCommand } from '../cli/run/command-spec.ts';
import type { Session } from '../cli/run/session.ts';
import type { PodIdentity } from '../domain/entries/pod-identity.ts';

export const listCommand = defineCommand({
  examplesOfResult: async () => (await import('../cli/results/result-examples.ts')).identities,
  description:
    "Prints the pod identities in the server's order. Where the add-on is off the list is empty. An entry in state Failed is shown with its reason; the command still succeeds. With --mode cluster it reads the objects in the cluster, whoever wrote them, checks whether every Linux node has the identity, and counts the pods that get it by their label; with --kubeconfig alone it does not ask Azure and shows no states. Service principals (AzureIdentities of type 1 or 2) are listed there too, with a member servicePrincipal. With --watch JSON is a line each time.",
  examples: [
    { title: 'all of them', line: 'podid list -g demo-rg -c demo' },
    { title: 'what is not assigned, with the reasons', line: 'podid list -g demo-rg -c demo --problems' },
    {
      title: 'with the managed identities, by namespace',
      line: 'podid list -g demo-rg -c demo -o wide --sort-by namespace',
    },
    {
      title: 'their names, for a script',
      line: 'podid list -g demo-rg -c demo --problems -o tsv --query "[].name"',
    },
  ],
  isNamed: true,
  misnamed: listMisnamed,
  flags: {
    ...identityListFlags,
    ...watchFlags,
    ...clusterFlags,
    ...rawClusterFlag,
    ...modeFlag,
    ...kubeFlags,
  },
  async run(flags, session) {
    const pick = await entryPick(flags, session);
    const filter = listedNamespace(flags, session.faults);
    const intervalMs = await watchInterval(flags, session);
    const { deps, cluster } = await openDeps(session, flags, readingNeeds(session, flags));
    const { listIdentities } = await import('../workflows/entries/read-entries.ts');
    const read = async () => {
      const all = await listIdentities(deps, { cluster, ...filter }, session.context.signal);
      return { all, done: { ...all, result: pick(all.result) } };
    };
    const finish = { view: each(identityView), ...flags };
    if (intervalMs !== undefined) {
      const { watchResult } = await import('../cli/run/watch-result.ts');
      return await watchResult(session, intervalMs, async () => {
        const { done } = await read();
        const shape = { ...listedShape(done.result), repeated: true as const };
        return {
          text: JSON.stringify(finish.view(done.result)),
          print: () => finishDone(session, done, { ...finish, shape }),
        };
      });
    }
    const { all, done } = await read();
    const exitCode = await finishDone(session, done, { ...finish, shape: listedShape(done.result) });
    if (flags.problems && all.result.length > 0 && done.result.length === 0) {
      const { length } = all.result;
      session.report.note(
        `No problem is known of ${length} pod ${length === 1 ? 'identity' : 'identities'}.`,
      );
      return exitCode;
    }
    await reportEmptyList(session, deps, all, 'pod identity', flags);
    return exitCode;
  },
});

/** Most lists hold everything, as the server has it. */
async function entryPick(flags: Parameters<typeof pickEntries>[0], { faults }: Pick<Session, 'faults'>) {
  if (!flags.problems && flags.state === undefined && flags.sortBy === undefined) {
    return (entries: readonly PodIdentity[]) => entries;
  }
  const { pickEntries } = await import('../cli/flags/pick-entries.ts');
  return pickEntries(flags, faults);
}
