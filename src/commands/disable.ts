import { changeFlags, yesFlag } from '../cli/flags/change-flags.ts';
import { changeOptions, reachesObjects } from '../cli/open/change-options.ts';
import { checkFileToWrite, saveFile } from '../cli/open/file-to-write.ts';
import { openDeps } from '../cli/open/open-deps.ts';
import { finishChange } from '../cli/results/finish.ts';
import { statusShape, statusView } from '../cli/results/status-result.ts';
import { defineCommand } from '../cli/run/command-spec.ts';
import { fileSchemaLine } from '../domain/entries/file-schema.ts';

export const disableCommand = defineCommand({
  examplesOfResult: async () => (await import('../cli/results/result-examples.ts')).addonChange,
  description:
    'Turns the add-on off. This removes all pod identities, exceptions and the consent to kubenet, so podid shows what will be lost and asks; --export saves it first. The roles that were assigned stay.',
  examples: [
    {
      title: 'save the entries to a file first',
      line: 'podid disable -g demo-rg -c demo --export saved.yaml --yes',
    },
  ],
  flags: {
    export: {
      kind: 'text',
      value: 'FILE',
      summary: 'save identities and exceptions in this file before they are removed',
    },
    force: { kind: 'switch', summary: 'overwrite the file of --export' },
    unregisterFeature: {
      kind: 'switch',
      summary:
        'print how to unregister the feature; that affects the whole subscription, so podid does not do it',
    },
    ...yesFlag,
    ...changeFlags,
  },
  async run(flags, session) {
    const { force, export: path, unregisterFeature, ...change } = flags;
    const options = changeOptions(session, change);
    const file = path === undefined ? undefined : ({ flag: '--export', path } as const);
    if (file !== undefined) {
      await checkFileToWrite(session.faults, file, force);
    }
    const { deps, cluster } = await openDeps(session, change, { kube: reachesObjects(change) });
    const { disableAddon } = await import('../workflows/addon/disable-addon.ts');
    const head = fileSchemaLine(session.context.fileSchemaUrl);
    const save = file === undefined ? {} : { save: (content: unknown) => saveFile(file, content, head) };
    const outcome = await disableAddon(deps, { cluster, unregisterFeature, ...save }, options);
    return await finishChange(session, outcome, { view: statusView, shape: statusShape(cluster), ...flags });
  },
});
