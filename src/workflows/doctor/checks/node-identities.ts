import { entryText } from '../../../domain/entries/pod-identity.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import { type Check, fail, judging, listed, pass, skip } from '../check.ts';
import { livingEntries } from '../chosen-entries.ts';

/**
 * Whether the machines of the nodes carry the identities: IMDS gives a node tokens of its own identities and
 * no others.
 */
export const nodeIdentities: Check = {
  name: 'node-identities',
  behind: ['add-on'],
  judge: (evidence) =>
    judging(evidence.machines, (machines) => {
      if (machines.length === 0) {
        return skip('The machines of these nodes are not known.');
      }
      const entries = livingEntries(evidence);
      const missing = machines.flatMap((machine) => {
        const has = new Set(machine.identityIds.map((id) => id.toLowerCase()));
        return entries
          .filter(({ identity }) => !has.has(identity.resourceId.toLowerCase()))
          .map((entry) => ({ entry, machine: machine.resourceId.split('/').at(-1) ?? '' }));
      });
      const [first] = missing;
      if (first === undefined) {
        return pass(
          `The machines have the identities that they need: ${listed(machines.map(({ resourceId }) => resourceId.split('/').at(-1) ?? ''))}.`,
        );
      }
      const ids = new Map(
        missing.map(({ entry: { identity } }) => [identity.resourceId.toLowerCase(), identity.resourceId]),
      );
      return fail(
        `Missing on machines of the nodes: ${listed(missing.map(({ entry, machine }) => `the identity of ${entryText(entry)} on ${machine}`))}. IMDS answers "Identity not found" there.`,
        nextCommand('node assign', evidence.subject.cluster, { identities: [...ids.values()] }),
      );
    }),
};
