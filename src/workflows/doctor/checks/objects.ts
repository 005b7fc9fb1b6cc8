import { findDrift } from '../../../domain/entries/drift.ts';
import { entryText } from '../../../domain/entries/pod-identity.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import { type Check, fail, judging, listed, pass, warn } from '../check.ts';
import type { Evidence } from '../evidence.ts';
import { readOr } from '../probe.ts';

/** Whether the objects in the cluster, which agents go by, say what Azure says. */
export const objects: Check = {
  name: 'objects',
  behind: ['add-on', 'definitions'],
  judge: (evidence) =>
    judging(evidence.objects, () => {
      const { cluster, subject } = evidence;
      if (cluster.kind === 'unread') {
        return warn('What Azure holds cannot be seen, so there is nothing to compare with.');
      }
      if (!cluster.value.profile.enabled) {
        return pass('Where the add-on is off, the objects are all there is.');
      }
      const drift = driftInQuestion(evidence);
      const stale = drift.filter(({ arm }) => arm !== null);
      if (stale.length > 0) {
        const names = listed(
          stale.map(
            (each) => `${each.kind} ${entryText(each)} (${each.cluster === null ? 'missing' : 'differs'})`,
          ),
        );
        return fail(
          `The objects in the cluster are not what Azure holds: ${names}. Agents go by the objects.`,
          nextCommand('mirror', subject.cluster),
        );
      }
      if (drift.length > 0) {
        return warn(
          `Azure does not have ${listed(drift.map((each) => `${each.kind} ${entryText(each)}`))}: agents give tokens for it all the same.`,
          nextCommand('mirror', subject.cluster, { prune: true, 'dry-run': true }),
        );
      }
      return pass('The objects in the cluster are what Azure holds.');
    }),
};

export function driftInQuestion({ cluster, objects: probed, subject }: Evidence) {
  const profile = readOr(cluster, undefined)?.profile;
  if (profile === undefined || !profile.enabled || probed.kind === 'unread') {
    return [];
  }
  const { namespace } = subject;
  return findDrift(profile, probed.value).filter(
    (each) => namespace === undefined || each.namespace === namespace,
  );
}
