import { changeFlags, yesFlag } from '../../cli/flags/change-flags.ts';
import { sha256 } from '../../cli/migrate/sha256.ts';
import { changeOptions } from '../../cli/open/change-options.ts';
import { checkFileToWrite, saveFile } from '../../cli/open/file-to-write.ts';
import { openDeps } from '../../cli/open/open-deps.ts';
import { finishChange } from '../../cli/results/finish.ts';
import { statusShape, statusView } from '../../cli/results/status-result.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';
import { fileSchemaLine } from '../../domain/entries/file-schema.ts';

export const migrateFinishCommand = defineCommand({
  description:
    "Ends a migration: turns the add-on off, with its entries and objects, when no workload of the cluster has the label of a binding or of an exception any more. While one has, it is refused, with a list of them. Shows what will go and asks; --export saves it first. Where podid's agent is installed, the command that removes it is printed: that is the last step.",
  examples: [
    {
      title: 'what would go, or who is left',
      line: 'podid migrate finish -g demo-rg -c demo --dry-run',
      needs: 'a cluster',
    },
    {
      title: 'with the entries saved',
      line: 'podid migrate finish -g demo-rg -c demo --export saved.yaml --yes',
      needs: 'a cluster',
    },
  ],
  flags: {
    export: {
      kind: 'text',
      value: 'FILE',
      summary: 'save identities and exceptions in this file before they are removed',
    },
    force: { kind: 'switch', summary: 'overwrite the file of --export' },
    ...yesFlag,
    ...changeFlags,
  },
  examplesOfResult: async () => (await import('../../cli/results/result-examples.ts')).addonChange,
  async run(flags, session) {
    const { force, export: path, ...change } = flags;
    const options = changeOptions(session, change);
    const file = path === undefined ? undefined : ({ flag: '--export', path } as const);
    if (file !== undefined) {
      await checkFileToWrite(session.faults, file, force);
    }
    const { deps, cluster } = await openDeps(session, change, { kube: true });
    const { finishMigration } = await import('../../workflows/migrate/finish-migration.ts');
    const head = fileSchemaLine(session.context.fileSchemaUrl);
    const save = file === undefined ? {} : { save: (content: unknown) => saveFile(file, content, head) };
    const outcome = await finishMigration(deps, { cluster, sha256, ...save }, options);
    return await finishChange(session, outcome, { view: statusView, shape: statusShape(cluster), ...flags });
  },
});
