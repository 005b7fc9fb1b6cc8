import { findDrift } from '../../../domain/entries/drift.ts';
import { entryText } from '../../../domain/entries/pod-identity.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import { type ObjectsInCluster, objectKey } from '../../../domain/kubernetes/cluster-objects.ts';
import { advice, command, type Hint } from '../../../errors/hint.ts';
import { type Check, fail, judging, listed, pass, type Verdict, warn } from '../check.ts';
import type { Evidence } from '../evidence.ts';
import { isOfOthers, objectsOfEntry } from '../mend.ts';
import { readOr } from '../probe.ts';

/** Whether the objects in the cluster, which agents go by, say what Azure says. */
export const objects: Check = {
  name: 'objects',
  behind: ['add-on', 'definitions'],
  judge: (evidence) =>
    judging(evidence.objects, () => {
      const { cluster, subject } = evidence;
      const leaving = beingDeleted(evidence);
      if (cluster.kind === 'unread') {
        return warn('The entries in Azure cannot be read, so there is nothing to compare with.');
      }
      if (!cluster.value.profile.enabled) {
        return leaving ?? pass('The add-on is off, so there is nothing in Azure to compare with.');
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
          written(evidence, stale),
        );
      }
      if (drift.length > 0) {
        return warn(
          `Azure has no entry for ${leftOver(drift)}.`,
          nextCommand('mirror', subject.cluster, { prune: true, 'dry-run': true }),
        );
      }
      return leaving ?? pass('The objects in the cluster match the entries in Azure.');
    }),
};

/** What is deleted and has a finalizer stays, and agents go by it, until whoever set that has taken it off. */
function beingDeleted({ objects: probed, subject: { namespace } }: Evidence): Verdict | undefined {
  const { resources } = readOr(probed, nothingRead);
  const found = (
    [
      ['AzureIdentity', resources?.identities],
      ['AzureIdentityBinding', resources?.bindings],
      ['AzurePodIdentityException', resources?.exceptions],
    ] as const
  )
    .flatMap(([kind, all = []]) => all.map(({ metadata }) => ({ kind, ...metadata })))
    .filter((each) => each.deletionTimestamp !== undefined)
    .filter((each) => namespace === undefined || each.namespace === namespace);
  const [first] = found;
  return (
    first &&
    warn(
      `${listed(found.map((each) => `${each.kind} ${entryText(each)}`))} ${found.length === 1 ? 'is' : 'are'} being deleted and ${found.length === 1 ? 'waits for its' : 'wait for their'} finalizers. Until then the agents go by ${found.length === 1 ? 'it' : 'them'}.`,
      command(
        'kubectl get',
        first.kind.toLowerCase(),
        first.name,
        '-n',
        first.namespace,
        '-o',
        'jsonpath={.metadata.finalizers}',
      ),
    )
  );
}

const nothingRead: Pick<ObjectsInCluster, 'resources'> = {};

/** Objects that somebody else wrote or changed are theirs until they are taken over. */
function written(evidence: Evidence, stale: ReturnType<typeof driftInQuestion>): Hint {
  const mirror = nextCommand('mirror', evidence.subject.cluster);
  const isTheirs = stale.some((each) =>
    (each.kind === 'identity' ? objectsOfEntry(each) : [objectKey('AzurePodIdentityException', each)]).some(
      (key) => isOfOthers(evidence, key),
    ),
  );
  return isTheirs ? advice`To take over what others wrote: ${mirror.with('--force')}` : mirror;
}

/** What agents do by an object that Azure has no entry for. */
function leftOver(drift: ReturnType<typeof driftInQuestion>): string {
  const effects = {
    identity: 'but agents still give tokens for it',
    exception: "but agents still let its pods past to the node's own identities",
  };
  return (['identity', 'exception'] as const)
    .flatMap((kind) => {
      const keys = drift.filter((each) => each.kind === kind).map((each) => `${kind} ${entryText(each)}`);
      return keys.length === 0 ? [] : [`${listed(keys)}, ${effects[kind]}`];
    })
    .join('; and none for ');
}

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
