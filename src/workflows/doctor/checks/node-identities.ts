import { carriedAmong, carriesIdentity } from '../../../domain/azure/machine-identities.ts';
import type { Machine } from '../../../domain/azure/machines.ts';
import { managedIdentityType } from '../../../domain/azure/resource-id.ts';
import { isWrittenId } from '../../../domain/azure/written-id.ts';
import { entryText, type PodIdentity } from '../../../domain/entries/pod-identity.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import { advice, command, type Hint } from '../../../errors/hint.ts';
import { type Check, fail, judging, listed, pass, skip, type Verdict, warn } from '../check.ts';
import { livingEntries } from '../chosen-entries.ts';
import type { Evidence, StandardEvidence } from '../evidence.ts';
import { exchangedIn } from '../exchanged-identities.ts';
import { idToFillIn, withFillIn } from '../mend.ts';
import { assignmentsInQuestion, isAssigned } from '../standard-mode.ts';

/**
 * Whether the machines of the nodes carry the identities: IMDS gives a node tokens of its own identities and
 * no others, and none is needed of identities whose tokens are exchanged. In standard mode a machine needs those alone that are assigned to its pods.
 */
export const nodeIdentities: Check = {
  name: 'node-identities',
  behind: ['add-on'],
  judge: (evidence) =>
    judging(evidence.machines, (machines) => {
      if (machines.length === 0) {
        return skip('The machines of these nodes are not known.');
      }
      return evidence.standard === undefined
        ? judgeEntries(evidence, machines)
        : judgeAssigned(evidence, evidence.standard, machines);
    }),
};

function judgeEntries(evidence: Evidence, machines: readonly Machine[]): Verdict {
  const isExchanged = exchangedIn(evidence);
  const entries = livingEntries(evidence).filter((entry) => !isExchanged(entry));
  const missing = machines.flatMap((machine) =>
    entries
      .filter(({ identity }) => carriesIdentity(machine, identity) === false)
      .map((entry) => ({ entry, machine: nameOf(machine) })),
  );
  if (missing.length > 0) {
    return fail(
      `Missing on machines of the nodes: ${listed(missing.map(({ entry, machine }) => `the identity of ${entryText(entry)} on ${machine}`))}. IMDS answers "Identity not found" there.`,
      assigning(
        evidence,
        missing.map(({ entry }) => entry),
      ),
    );
  }
  const unknown = entries.filter(
    ({ identity }) =>
      identity.clientId !== '' &&
      machines.some((machine) => carriesIdentity(machine, identity) === undefined),
  );
  return unknown.length === 0
    ? allThere(machines)
    : warn(
        `${listed(unknown.map(entryText))} has no resource id that can be compared, and Azure does not tell the client ids of all identities on ${listed(machines.map(nameOf))}: whether the nodes have it cannot be seen.`,
        nextCommand('node list', evidence.subject.cluster),
      );
}

/** By the ids of the entries; one that has a client id alone has to be looked up. */
function assigning({ subject }: Evidence, entries: readonly PodIdentity[]): Hint {
  const { cluster } = subject;
  const written = entries
    .map(({ identity }) => identity.resourceId)
    .filter((id) => isWrittenId(id, managedIdentityType));
  const ids = new Map(written.map((id) => [id.toLowerCase(), id]));
  if (ids.size > 0) {
    return nextCommand('node assign', cluster, { identities: [...ids.values()] });
  }
  const clientId = entries[0]?.identity.clientId ?? '';
  const query = `[?clientId=='${clientId}'].id`;
  const search = command(
    'az identity list --subscription',
    cluster.subscriptionId,
    '--query',
    query,
    '-o',
    'tsv',
  );
  const assign = nextCommand('node assign', cluster, { identities: [idToFillIn(subject)] });
  return advice`${search}  # prints its id, for: ${withFillIn(assign)}`;
}

/** What is not assigned yet is the business of another check. */
function judgeAssigned(
  evidence: Evidence,
  standard: StandardEvidence,
  machines: readonly Machine[],
): Verdict {
  const isExchanged = exchangedIn(evidence);
  const all = assignmentsInQuestion(evidence, standard).filter(
    ({ wanted }) => !isExchanged(wanted.identity.metadata),
  );
  if (all.length > 0 && !all.some(isAssigned)) {
    return skip('No identity is assigned to the pods here yet, so that their machines need none.');
  }
  const missing = all.flatMap((seen) => {
    const { machine, wanted } = seen;
    return isAssigned(seen) &&
      machine &&
      wanted.resource &&
      carriedAmong(machine, [wanted.resource.id]).length === 0
      ? [`the identity of ${entryText(wanted.identity.metadata)} on ${nameOf(machine)}`]
      : [];
  });
  return missing.length === 0
    ? allThere(machines)
    : fail(
        `Assigned to pods, and missing on their machines: ${listed([...new Set(missing)])}. Somebody has taken it off, and IMDS answers "Identity not found" there until the controller has put it back, which it does within three minutes.`,
        nextCommand('node list', evidence.subject.cluster),
      );
}

function allThere(machines: readonly Machine[]): Verdict {
  return pass(`The machines have the identities that they need: ${listed(machines.map(nameOf))}.`);
}

function nameOf({ resourceId }: Machine): string {
  return resourceId.split('/').at(-1) ?? '';
}
