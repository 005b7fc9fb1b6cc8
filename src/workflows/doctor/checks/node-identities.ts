import type { Machine } from '../../../domain/azure/machines.ts';
import { entryText } from '../../../domain/entries/pod-identity.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import { type Check, fail, judging, listed, pass, skip, type Verdict } from '../check.ts';
import { livingEntries } from '../chosen-entries.ts';
import type { Evidence, StandardEvidence } from '../evidence.ts';
import { assignmentsInQuestion, isAssigned } from '../standard-mode.ts';

/**
 * Whether the machines of the nodes carry the identities: IMDS gives a node tokens of its own identities and
 * no others. In standard mode a machine needs those alone that are assigned to its pods.
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
  const entries = livingEntries(evidence);
  const missing = machines.flatMap((machine) =>
    entries
      .filter(({ identity }) => !carries(machine, identity.resourceId))
      .map((entry) => ({ entry, machine: nameOf(machine) })),
  );
  if (missing.length === 0) {
    return allThere(machines);
  }
  const ids = new Map(
    missing.map(({ entry: { identity } }) => [identity.resourceId.toLowerCase(), identity.resourceId]),
  );
  return fail(
    `Missing on machines of the nodes: ${listed(missing.map(({ entry, machine }) => `the identity of ${entryText(entry)} on ${machine}`))}. IMDS answers "Identity not found" there.`,
    nextCommand('node assign', evidence.subject.cluster, { identities: [...ids.values()] }),
  );
}

/** What is not assigned yet is the business of another check. */
function judgeAssigned(
  evidence: Evidence,
  standard: StandardEvidence,
  machines: readonly Machine[],
): Verdict {
  const missing = assignmentsInQuestion(evidence, standard).flatMap((seen) => {
    const { machine, wanted } = seen;
    return isAssigned(seen) && machine && wanted.resource && !carries(machine, wanted.resource.id)
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

function carries({ identityIds }: Machine, resourceId: string): boolean {
  return identityIds.some((id) => id.toLowerCase() === resourceId.toLowerCase());
}

function nameOf({ resourceId }: Machine): string {
  return resourceId.split('/').at(-1) ?? '';
}
