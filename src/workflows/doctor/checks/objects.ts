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
        return warn('The entries in Azure cannot be read, so there is nothing to compare with.');
      }
      if (!cluster.value.profile.enabled) {
        return pass('The add-on is off, so there is nothing in Azure to compare with.');
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
          `The objects in the cluster differ from the entries in Azure: ${names}. Agents use the objects.`,
          nextCommand('mirror', subject.cluster),
        );
      }
      if (drift.length > 0) {
        return warn(
          `Azure has no entry for ${listed(drift.map((each) => `${each.kind} ${entryText(each)}`))}, but agents still give tokens for it.`,
          nextCommand('mirror', subject.cluster, { prune: true, 'dry-run': true }),
        );
      }
      return pass('The objects in the cluster match the entries in Azure.');
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
