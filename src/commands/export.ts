import { clusterFlags, kubeFlags } from '../cli/flags/cluster-flags.ts';
import { inClusterMode, modeFlag } from '../cli/flags/mode-flags.ts';
import { openDeps } from '../cli/open/open-deps.ts';
import { exportShape } from '../cli/results/export-result.ts';
import { defineCommand } from '../cli/run/command-spec.ts';
import { fileSchemaLine } from '../domain/entries/file-schema.ts';

const toFile = 'It prints the file: podid export > FILE.';

export const exportCommand = defineCommand({
  description:
    'Prints all pod identities and exceptions as a file that plan and apply read, as YAML unless --output says otherwise, sorted so that it suits version control. With --from cluster, or with --mode cluster on a cluster without the add-on, it reads the objects in the cluster, whoever wrote them; what a pod identity cannot express is reported on stderr. With --as profile it prints podIdentityProfile for Bicep and ARM templates.',
  examples: [
    { title: 'into a file', line: 'podid export -g demo-rg -c demo > pod-identities.yaml' },
    {
      title: 'objects of aad-pod-identity, for a cluster that gets the add-on',
      line: 'podid export -g demo-rg -c demo --from cluster',
    },
  ],
  misnamed: { '-f': toFile, '--file': toFile, '--out': toFile },
  flags: {
    from: {
      kind: 'text',
      value: 'SOURCE',
      choices: ['arm', 'cluster'],
      summary: "arm: the add-on's profile; cluster: the objects in the cluster",
      fallback: 'arm',
    },
    as: {
      kind: 'text',
      value: 'SHAPE',
      choices: ['podid', 'profile'],
      summary: 'podid: the file of apply; profile: the JSON of podIdentityProfile',
      fallback: 'podid',
    },
    ...clusterFlags,
    ...kubeFlags,
    ...modeFlag,
  },
  async run(flags, session) {
    const inCluster = inClusterMode(flags);
    const from = flags.from === 'cluster' || (inCluster && flags.from === undefined) ? 'cluster' : 'arm';
    if (inCluster && from === 'arm') {
      session.faults.add(
        '--from',
        '--from arm cannot be used with --mode cluster: Azure holds no entries there.',
      );
    }
    const as = flags.as === 'profile' ? 'profile' : 'podid';
    if (from === 'cluster' && as === 'profile') {
      session.faults.add('--as', '--as profile needs --from arm: the cluster has no profile.');
    }
    const { deps, cluster } = await openDeps(session, flags, {
      kube: from === 'cluster' || inCluster,
      azureOptional: true,
    });
    const { exportEntries } = await import('../workflows/entries/export-entries.ts');
    const exported = await exportEntries(deps, { cluster, as, from }, session.context.signal);
    if (as === 'profile') {
      await session.print(exported, exportShape, 'json');
    } else {
      const yamlHead = fileSchemaLine(session.context.fileSchemaUrl);
      await session.print(exported, { ...exportShape, yamlHead }, 'yaml');
    }
    return 0;
  },
});
