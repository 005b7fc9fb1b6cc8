import { managedIdentityType } from '../../../domain/azure/resource-id.ts';
import { isWrittenId } from '../../../domain/azure/written-id.ts';
import { counted } from '../../../domain/counted.ts';
import { deriveName } from '../../../domain/entries/derive-name.ts';
import { entryProgress, entryText, type PodIdentity } from '../../../domain/entries/pod-identity.ts';
import { selectorFault } from '../../../domain/entries/profile-of-objects.ts';
import { addAgainFlags, nextCommand } from '../../../domain/hints/next-command.ts';
import type { ObjectsInCluster } from '../../../domain/kubernetes/cluster-objects.ts';
import { advice, command, type Hint } from '../../../errors/hint.ts';
import { type Check, fail, judging, listed, pass, type Verdict, warn } from '../check.ts';
import { entriesInQuestion, isGone } from '../chosen-entries.ts';
import type { Evidence } from '../evidence.ts';
import { entryCommand, idToFillIn, isModeCluster, withFillIn } from '../mend.ts';
import { readOr } from '../probe.ts';

/** Whether Azure is done with the entries, and well. */
export const entries: Check = {
  name: 'entries',
  behind: ['add-on'],
  judge: (evidence) =>
    judging(evidence.cluster, (cluster) => {
      const all = entriesInQuestion(evidence);
      const inState = (state: string) => all.filter((entry) => entryProgress(entry) === state);
      const failed = inState('failed');
      if (failed.length > 0) {
        return fail(
          `Azure did not assign ${listed(failed.map(failureText))}. Pods of such an entry get no token.`,
          againOrAway(evidence, failed),
        );
      }
      const moving = [...inState('running'), ...inState('deleting')];
      // What is being deleted in the cluster is the business of the check of the objects.
      if (moving.length > 0 && !isModeCluster(evidence)) {
        return warn(
          `Azure is still working on ${listed(moving.map((entry) => `${entryText(entry)} (${entry.provisioningState})`))}.`,
          nextCommand('wait', cluster.id, { for: 'idle' }),
        );
      }
      return unusable(evidence) ?? (all.length === 0 ? none(evidence) : present(evidence, all));
    }),
};

const nothingRead: Pick<ObjectsInCluster, 'servicePrincipals'> = {};

/** AzureIdentities of service principals, which no entry says and agents serve all the same. */
function principalsInQuestion({ objects, subject: { namespace } }: Evidence) {
  const { servicePrincipals = [] } = readOr(objects, nothingRead);
  return servicePrincipals.filter((one) => namespace === undefined || one.namespace === namespace);
}

function unusable(evidence: Evidence): Verdict | undefined {
  const faulty = principalsInQuestion(evidence).filter(({ fault }) => fault !== undefined);
  const [first] = faulty;
  return (
    first &&
    warn(
      `Agents give no token for ${listed(faulty.map((one) => `AzureIdentity ${entryText(one)}, which ${one.fault}`))}.`,
      command('kubectl edit azureidentity', first.name, '-n', first.namespace),
    )
  );
}

function none(evidence: Evidence): Verdict {
  const { namespace } = evidence.subject;
  const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
  const others = principalsInQuestion(evidence);
  if (others.length > 0) {
    return pass(
      `${counted(others.length, 'service principal')} and no managed identity${where}: ${listed(others.map(entryText))}.`,
    );
  }
  return warn(`There is no pod identity${where}.`, command('podid add --help'));
}

/** Objects have no state of their own: whether nodes have the identity and pods may use it is judged further on. */
function present(evidence: Evidence, all: readonly PodIdentity[]): Verdict {
  const names = listed(all.map(entryText));
  if (!isModeCluster(evidence)) {
    return pass(`${counted(all.length, 'entry', 'entries')} assigned: ${names}.`);
  }
  const unbound = all.filter(({ bindingSelector }) => bindingSelector === '');
  const [first] = unbound;
  if (first !== undefined) {
    return warn(
      `No AzureIdentityBinding with a selector names AzureIdentity ${listed(unbound.map(entryText))}, so no pod gets it.`,
      binding(evidence, first),
    );
  }
  const unselectable = all.filter((entry) => selectorFault(entry) !== undefined);
  const [other] = unselectable;
  return other === undefined
    ? pass(`${counted(all.length, 'entry', 'entries')} in the cluster's objects: ${names}.`)
    : warn(
        `No pod gets ${listed(unselectable.map(entryText))}. ${selectorFault(other)}`,
        entryCommand('update', evidence, {
          namespace: other.namespace,
          name: other.name,
          'binding-selector': deriveName(other.bindingSelector) || other.name,
        }),
      );
}

/** podid writes the binding together with the identity, whose id has to be known. */
function binding(evidence: Evidence, { namespace, name, identity: { resourceId } }: PodIdentity): Hint {
  const id = isWrittenId(resourceId, managedIdentityType) ? resourceId : idToFillIn(evidence.subject);
  return withFillIn(entryCommand('add', evidence, { namespace, name, 'identity-resource-id': id }));
}

/** An entry can be assigned once its cause is gone; without its managed identity it never will be. */
function againOrAway(evidence: Evidence, failed: readonly PodIdentity[]): Hint {
  const { cluster } = evidence.subject;
  const living = failed.find(({ identity }) => !isGone(evidence, identity.resourceId));
  return living === undefined
    ? nextCommand('delete --failed', cluster)
    : advice`Once the cause is fixed: ${nextCommand('add', cluster, addAgainFlags(living))}`;
}

function failureText(entry: PodIdentity): string {
  const why = entry.error === undefined ? '' : `: ${entry.error.code}, ${entry.error.message}`;
  return `${entryText(entry)} (${entry.provisioningState}${why})`;
}
