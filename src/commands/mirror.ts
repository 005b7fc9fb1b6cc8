import { clusterFlags, kubeFlags, viaFlag } from '../cli/flags/cluster-flags.ts';
import { openDeps } from '../cli/open/open-deps.ts';
import { finishDone } from '../cli/results/finish.ts';
import { objectsShape } from '../cli/results/result-shapes.ts';
import { defineCommand } from '../cli/run/command-spec.ts';

export const mirrorCommand = defineCommand({
  examplesOfResult: async () => (await import('../cli/results/result-examples.ts')).mirrored,
  description:
    'Writes the AzureIdentity, AzureIdentityBinding and AzurePodIdentityException of every entry into the cluster, which is what the agent on the nodes reads. Objects that AKS or anyone else wrote are compared, reported as foreign, and left alone unless --force is given.',
  examples: [
    { title: 'what it would do', line: 'podid mirror -g demo-rg -c demo --dry-run' },
    {
      title: "also delete podid's own objects that Azure does not have",
      line: 'podid mirror -g demo-rg -c demo --prune',
    },
    {
      title: 'into a private cluster, from anywhere',
      line: 'podid mirror -g demo-rg -c demo --via run-command',
      needs: 'a cluster',
    },
  ],
  flags: {
    prune: {
      kind: 'switch',
      summary: 'also delete objects that podid wrote and that have no entry in Azure',
    },
    force: { kind: 'switch', summary: 'take over objects that others wrote' },
    dryRun: { kind: 'switch', summary: 'compare and print, and write nothing' },
    exitCode: { kind: 'switch', summary: 'with --dry-run: exit with 9 when there is something to do' },
    ...clusterFlags,
    ...kubeFlags,
    ...viaFlag,
  },
  async run(flags, session) {
    if (flags.exitCode && !flags.dryRun) {
      session.faults.add('--exit-code', '--exit-code needs --dry-run.');
    }
    const { prune, force, dryRun } = flags;
    const { signal } = session.context;
    const { deps, cluster } = await openDeps(session, flags, { kube: true });
    const { mirrorProfile } = await import('../workflows/mirror/mirror-profile.ts');
    const done = await mirrorProfile(deps, { cluster, prune, force, dryRun }, { signal });
    const exitCode = await finishDone(session, done, { view: (result) => result, shape: objectsShape });
    const changes = done.result.objects.some(({ action }) => ['create', 'update', 'delete'].includes(action));
    return flags.exitCode && changes ? 9 : exitCode;
  },
});
