import { clusterFlags, rawClusterFlag, waitFlags } from '../cli/flags/cluster-flags.ts';
import { optionalEntryFlags } from '../cli/flags/entry-flags.ts';
import { waitTimes } from '../cli/open/change-options.ts';
import { openDeps } from '../cli/open/open-deps.ts';
import { finishDone } from '../cli/results/finish.ts';
import { identityShape, identityView, orNull } from '../cli/results/result-shapes.ts';
import { defineCommand } from '../cli/run/command-spec.ts';
import { entryKey } from '../validate/flags/entry-key.ts';

const ends = ['assigned', 'deleted', 'idle'] as const;

export const waitCommand = defineCommand({
  description:
    'Use it after --no-wait: it returns once the entry is assigned (exit 8 when it failed) or gone, or once no operation runs on the cluster. Prints the entry, or null where there is none.',
  examples: [
    {
      title: 'an entry added with --no-wait',
      line: 'podid wait -g demo-rg -c demo --namespace demo --name web --for assigned',
    },
    { title: 'any operation on the cluster', line: 'podid wait -g demo-rg -c demo --for idle' },
  ],
  misnamed: { '--deleted': '--for deleted', '--created': '--for assigned' },
  flags: {
    for: { kind: 'text', value: 'END', required: true, choices: ends, summary: 'assigned, deleted or idle' },
    ...optionalEntryFlags,
    ...waitFlags,
    ...clusterFlags,
    ...rawClusterFlag,
  },
  async run(flags, session) {
    const { faults, context } = session;
    const until = ends.find((end) => end === flags.for) ?? 'idle';
    const keyed = flags.namespace !== undefined || flags.name !== undefined;
    if (keyed || until !== 'idle') {
      if (flags.namespace === undefined) {
        faults.missing('--namespace', 'the namespace of the entry');
      }
      if (flags.name === undefined) {
        faults.missing('--name', 'the name of the entry');
      }
    }
    const key = entryKey('identity', flags, faults);
    const options = { signal: context.signal, ...waitTimes(session, flags) };
    const { deps, cluster } = await openDeps(session, flags, { kube: false });
    const { waitForEntry } = await import('../workflows/entries/wait-for-entry.ts');
    const done = await waitForEntry(deps, { cluster, until, ...(keyed ? { key } : {}) }, options);
    return await finishDone(session, done, { view: orNull(identityView), shape: identityShape, ...flags });
  },
});
