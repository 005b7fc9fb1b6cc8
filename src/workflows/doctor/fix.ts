import { managedIdentityOperatorRole } from '../../domain/azure/role-assignment.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import { counted } from '../../domain/counted.ts';
import { type EntryKey, entryText, type PodIdentity, sameEntry } from '../../domain/entries/pod-identity.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { asFailure } from '../change/mirror-change.ts';
import type { ChangeDeps } from '../change/start-change.ts';
import { decideDelete } from '../entries/delete-identity.ts';
import { removeIdentities } from '../entries/remove-identities.ts';
import { createRole } from '../identities/grant-operator-role.ts';
import { type CheckResult, listed } from './check.ts';
import { driftInQuestion } from './checks/objects.ts';
import { missingGrants } from './checks/operator-role.ts';
import { entriesInQuestion, isGone } from './chosen-entries.ts';
import type { Evidence } from './evidence.ts';
import { readOr } from './probe.ts';

/** What was done about a check that had failed. */
export interface Fixed {
  readonly check: string;
  /** In the past tense, as a sentence. */
  readonly message: string;
}

/**
 * Fixes, each after asking, what takes nothing from anybody: the cluster's missing roles, entries whose
 * identity is gone, and objects that the cluster lacks. All else has its command in the check's hint.
 *
 * @returns what was done, in order
 * @throws PodidError ConfirmationRequired, and what the changes themselves throw
 */
export async function fixWhatIsSafe(
  deps: ChangeDeps,
  evidence: Evidence,
  checks: readonly CheckResult[],
): Promise<readonly Fixed[]> {
  const cluster = readOr(evidence.cluster, undefined);
  const failed = new Set(checks.filter(({ result }) => result === 'fail').map(({ name }) => name));
  if (cluster === undefined || failed.has('cluster')) {
    return nothing(deps);
  }
  // Without the add-on the objects are the entries, and the hints have the commands for those.
  const fixes: Readonly<Record<string, () => Promise<string | undefined>>> = cluster.profile.enabled
    ? {
        'operator-role': () => grantRoles(deps, evidence),
        identities: () => removeDeadEntries(deps, evidence, cluster),
        objects: () => writeObjects(deps, evidence, cluster),
      }
    : {};
  const wanted = Object.entries(fixes).filter(([name]) => failed.has(name));
  if (wanted.length === 0) {
    return nothing(deps);
  }
  reportFindings(deps, checks);
  const done: Fixed[] = [];
  for (const [check, fix] of wanted) {
    const message = await fix();
    if (message !== undefined) {
      deps.report.note(message);
      done.push({ check, message });
    }
  }
  return done;
}

/** Whoever is asked has to see what for. */
function reportFindings({ report }: ChangeDeps, checks: readonly CheckResult[]): void {
  for (const { name, result, message } of checks) {
    if (result === 'fail') {
      report.note(`✗ ${name}: ${message}`);
    }
  }
}

function nothing(deps: ChangeDeps): readonly Fixed[] {
  deps.report.note('There is nothing that --fix can fix; the hints name the commands to run.');
  return [];
}

async function grantRoles(deps: ChangeDeps, evidence: Evidence): Promise<string | undefined> {
  const grants = missingGrants(evidence);
  const [first] = grants;
  const what = `Managed Identity Operator on ${listed(grants.map(({ scope }) => scope))}`;
  if (
    first === undefined ||
    !(await deps.confirm(`Grant ${what} to the cluster's principal ${first.principalId}?`))
  ) {
    return undefined;
  }
  deps.report.progress('Granting Managed Identity Operator');
  await eachConcurrently(grants, (grant) =>
    createRole(deps, { ...grant, roleId: managedIdentityOperatorRole }),
  );
  return `Granted ${what} to the cluster's principal ${first.principalId}.`;
}

async function removeDeadEntries(
  deps: ChangeDeps,
  evidence: Evidence,
  cluster: Cluster,
): Promise<string | undefined> {
  const dead = entriesInQuestion(evidence).filter((entry) => isGone(evidence, entry.identity.resourceId));
  if (dead.length === 0) {
    return undefined;
  }
  const question = `Remove ${counted(dead.length, 'entry', 'entries')} whose managed identity is gone (${listed(dead.map(entryText))})?`;
  if (!(await deps.confirm(question))) {
    return undefined;
  }
  return await removed(deps, cluster, dead);
}

async function removed(deps: ChangeDeps, cluster: Cluster, dead: readonly PodIdentity[]): Promise<string> {
  const outcome = await removeIdentities(deps, cluster, {
    entries: dead,
    revokeRole: false,
    decide: (current) => decideDelete(current, dead),
  });
  if (outcome.done?.failure !== undefined) {
    throw outcome.done.failure;
  }
  return `Removed ${counted(dead.length, 'entry', 'entries')} whose managed identity was gone: ${listed(dead.map(entryText))}.`;
}

async function writeObjects(
  deps: ChangeDeps,
  evidence: Evidence,
  cluster: Cluster,
): Promise<string | undefined> {
  const stale = driftInQuestion(evidence).filter(({ arm }) => arm !== null);
  const isStale = (kind: string) => (entry: EntryKey) =>
    stale.some((each) => each.kind === kind && sameEntry(each, entry));
  const identities = cluster.profile.identities
    .filter((entry) => !isGone(evidence, entry.identity.resourceId))
    .filter(isStale('identity'));
  const exceptions = cluster.profile.exceptions.filter(isStale('exception'));
  const names = listed([...identities, ...exceptions].map(entryText));
  if (names === '' || !(await deps.confirm(`Write the objects of ${names} into the cluster?`))) {
    return undefined;
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
  const count = written.filter(({ action }) => action === 'create' || action === 'update').length;
  return count === 0 ? undefined : `Wrote ${counted(count, 'object')} of ${names} into the cluster.`;
}
