import { changeFlags, yesFlag } from '../cli/flags/change-flags.ts';
import { ignoreNotFoundFlag, optionalEntryFlags } from '../cli/flags/entry-flags.ts';
import { modeFlags } from '../cli/flags/mode-flags.ts';
import { changeOptions, reachesObjects } from '../cli/open/change-options.ts';
import { openDeps } from '../cli/open/open-deps.ts';
import { finishChange } from '../cli/results/finish.ts';
import { deletedShape, each, identityShape, identityView, orNull } from '../cli/results/result-shapes.ts';
import { defineCommand } from '../cli/run/command-spec.ts';
import type { Session } from '../cli/run/session.ts';
import type { FlagValues } from '../flags/flag-table.ts';
import { entryKey } from '../validate/flags/entry-key.ts';

const flags = {
  ...optionalEntryFlags,
  failed: {
    kind: 'switch',
    summary: 'instead of a name: every entry that is Failed or whose identity is gone, in one change',
  },
  ...ignoreNotFoundFlag,
  revokeRole: {
    kind: 'switch',
    summary: "also remove the cluster's role on the identity, when no other entry of the cluster needs it",
  },
  ...yesFlag,
  ...changeFlags,
  ...modeFlags,
} as const;

type DeleteFlags = FlagValues<typeof flags>;

export const deleteCommand = defineCommand({
  examplesOfResult: async () => (await import('../cli/results/result-examples.ts')).identityDelete,
  description:
    'Deletes a pod identity and waits until it is gone from the nodes. It does not ask, and an entry that is not there is an error unless --ignore-not-found is given. With --failed it deletes all entries that keep Azure from changing anything else; that asks first.\n\nWith --mode cluster it deletes the objects, leaves the identity on the nodes, and prints the podid node unassign command that removes it.',
  examples: [
    { title: 'one entry', line: 'podid delete -g demo-rg -c demo --namespace demo --name web' },
    {
      title: 'everything that is broken',
      line: 'podid delete -g demo-rg -c demo --failed --ignore-not-found --yes',
    },
  ],
  flags,
  async run(flags, session) {
    return flags.failed ? await deleteFailed(flags, session) : await deleteOne(flags, session);
  },
});

async function deleteOne(flags: DeleteFlags, session: Session): Promise<number> {
  if (flags.namespace === undefined) {
    session.faults.missing('--namespace', 'the namespace of the entry');
  }
  if (flags.name === undefined) {
    session.faults.missing('--name', 'the name of the entry, or --failed instead of it');
  }
  const key = entryKey('identity', flags, session.faults);
  const options = changeOptions(session, flags);
  const { deps, cluster } = await openDeps(session, flags, {
    kube: reachesObjects(flags),
    azureOptional: true,
  });
  const { deleteIdentity } = await import('../workflows/entries/delete-identity.ts');
  const { ignoreNotFound, revokeRole } = flags;
  const outcome = await deleteIdentity(deps, { cluster, ...key, ignoreNotFound, revokeRole }, options);
  const shape = flags.noWait ? identityShape : deletedShape;
  return await finishChange(session, outcome, { view: orNull(identityView), shape, ...flags });
}

async function deleteFailed(flags: DeleteFlags, session: Session): Promise<number> {
  for (const [flag, value] of Object.entries({ '--namespace': flags.namespace, '--name': flags.name })) {
    if (value !== undefined) {
      session.faults.add(flag, `${flag} and --failed exclude each other.`);
    }
  }
  const options = changeOptions(session, flags);
  const { deps, cluster } = await openDeps(session, flags, {
    kube: reachesObjects(flags),
    azureOptional: true,
  });
  const { deleteFailedIdentities } = await import('../workflows/entries/delete-failed-identities.ts');
  const outcome = await deleteFailedIdentities(deps, { cluster, revokeRole: flags.revokeRole }, options);
  const shape = flags.noWait ? identityShape : deletedShape;
  return await finishChange(session, outcome, { view: each(identityView), shape, ...flags });
}
