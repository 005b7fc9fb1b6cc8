import { managedIdentityOperatorRole } from '../../domain/azure/role-assignment.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import { type EntryKey, entryText, type PodIdentity, sameEntry } from '../../domain/entries/pod-identity.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { asFailure } from '../change/mirror-change.ts';
import type { ChangeDeps } from '../change/start-change.ts';
import { decideDelete } from '../entries/delete-identity.ts';
import { removeIdentities } from '../entries/remove-identities.ts';
import { createRole } from '../identities/grant-operator-role.ts';
import { type CheckResult, counted, listed } from './check.ts';
import { driftInQuestion } from './checks/objects.ts';
import { missingGrants } from './checks/operator-role.ts';
import { entriesInQuestion, isGone } from './chosen-entries.ts';
import type { Evidence } from './evidence.ts';
import { readOr } from './probe.ts';

/**
 * Fixes, each after asking, what takes nothing from anybody: the cluster's missing roles, entries whose
 * identity is gone, and objects that the cluster lacks. All else has its command in the check's hint.
 *
 * @returns whether anything was done
 * @throws PodidError ConfirmationRequired, and what the changes themselves throw
 */
export async function fixWhatIsSafe(
  deps: ChangeDeps,
  evidence: Evidence,
  checks: readonly CheckResult[],
): Promise<boolean> {
  const cluster = readOr(evidence.cluster, undefined);
  const failed = new Set(checks.filter(({ result }) => result === 'fail').map(({ name }) => name));
  if (cluster === undefined || failed.has('cluster')) {
    return nothing(deps);
  }
  const fixes: Readonly<Record<string, () => Promise<boolean>>> = {
    'operator-role': () => grantRoles(deps, evidence),
    identities: () => removeDeadEntries(deps, evidence, cluster),
    objects: () => writeObjects(deps, evidence, cluster),
  };
  let done = false;
  let known = false;
  for (const [name, fix] of Object.entries(fixes)) {
    if (!failed.has(name)) {
      continue;
    }
    known = true;
    done = (await fix()) || done;
  }
  return known ? done : nothing(deps);
}

function nothing(deps: ChangeDeps): boolean {
  deps.report.note('There is nothing that --fix can fix; the hints name the commands to run.');
  return false;
}

async function grantRoles(deps: ChangeDeps, evidence: Evidence): Promise<boolean> {
  const grants = missingGrants(evidence);
  const [first] = grants;
  const what = `Managed Identity Operator on ${listed(grants.map(({ scope }) => scope))}`;
  if (
    first === undefined ||
    !(await deps.confirm(`Grant ${what} to the cluster's principal ${first.principalId}?`))
  ) {
    return false;
  }
  deps.report.progress('Granting Managed Identity Operator');
  await eachConcurrently(grants, (grant) =>
    createRole(deps, { ...grant, roleId: managedIdentityOperatorRole }),
  );
  deps.report.note(`Granted ${what}.`);
  return true;
}

async function removeDeadEntries(deps: ChangeDeps, evidence: Evidence, cluster: Cluster): Promise<boolean> {
  const dead = entriesInQuestion(evidence).filter((entry) => isGone(evidence, entry.identity.resourceId));
  // Of a cluster without the add-on these are objects, and the hint has the command that deletes them.
  if (dead.length === 0 || !cluster.profile.enabled) {
    return false;
  }
  const question = `Remove ${counted(dead.length, 'entry', 'entries')} whose managed identity is gone (${listed(dead.map(entryText))})?`;
  if (!(await deps.confirm(question))) {
    return false;
  }
  return await removed(deps, cluster, dead);
}

async function removed(deps: ChangeDeps, cluster: Cluster, dead: readonly PodIdentity[]): Promise<boolean> {
  const outcome = await removeIdentities(deps, cluster, {
    entries: dead,
    revokeRole: false,
    decide: (current) => decideDelete(current, dead),
  });
  if (outcome.done?.failure !== undefined) {
    throw outcome.done.failure;
  }
  return true;
}

async function writeObjects(deps: ChangeDeps, evidence: Evidence, cluster: Cluster): Promise<boolean> {
  const stale = driftInQuestion(evidence).filter(({ arm }) => arm !== null);
  const isStale = (kind: string) => (entry: EntryKey) =>
    stale.some((each) => each.kind === kind && sameEntry(each, entry));
  const identities = cluster.profile.identities
    .filter((entry) => !isGone(evidence, entry.identity.resourceId))
    .filter(isStale('identity'));
  const exceptions = cluster.profile.exceptions.filter(isStale('exception'));
  const names = listed([...identities, ...exceptions].map(entryText));
  if (names === '' || !(await deps.confirm(`Write the objects of ${names} into the cluster?`))) {
    return false;
  }
  const api = await deps.kube.objects(deps.signal);
  const written = await api.mirror(
    {
      identities,
      exceptions,
      goneIdentities: [],
      goneExceptions: [],
      prune: false,
      force: false,
      dryRun: false,
    },
    deps.signal,
  );
  const failure = asFailure(written);
  if (failure !== undefined) {
    deps.report.warn(failure.message, failure.hint);
  }
  return true;
}
