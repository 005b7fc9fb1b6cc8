import type { RollbackWay, TakeoverRecord } from '../../../domain/takeover/takeover-record.ts';
import type { ApplyFileRequest } from '../../apply/apply-file.ts';
import type { TakeoverRun } from '../takeover-run.ts';

/** What a rollback does, one after the other. */
export function rollbackSteps(
  way: RollbackWay,
  { agentWasThere }: Pick<TakeoverRecord, 'agentWasThere'>,
): readonly [string, string, string] {
  return way === 'serving'
    ? [
        'tokens come from the nodes again',
        'the probe pods and the hold go',
        agentWasThere
          ? "podid's agent was there before the takeover, and stays"
          : "podid's agent goes, and its rules with it",
      ]
    : [
        "podid's agent leaves the usual ports to the add-on's",
        'the add-on is turned on',
        'its entries are applied',
      ];
}

/** The entries of the add-on, as they were saved. */
export function entriesBack({ request, found }: Pick<TakeoverRun, 'request' | 'found'>): ApplyFileRequest {
  const { identities, exceptions } = found.written.export;
  return {
    cluster: request.cluster,
    wanted: { identities, exceptions },
    files: ['takeover.yaml'],
    prune: false,
    keepGoing: false,
    extras: {},
    show: () => undefined,
  };
}
