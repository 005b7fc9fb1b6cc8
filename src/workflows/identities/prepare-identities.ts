import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { FileIdentity } from '../../domain/entries/pod-identities-file.ts';
import { type DesiredPodIdentity, type EntryKey, entryText } from '../../domain/entries/pod-identity.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { advice } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import type { ChangeDeps } from '../change/start-change.ts';
import {
  type IdentityRead,
  type IdentityWishes,
  isNew,
  lacksSomething,
  makeIdentityReady,
  operatorRoleOf,
  type ReadyIdentity,
  readIdentity,
} from './prepare-identity.ts';
import { refuseDeadEntry } from './refuse-dead-entry.ts';

/** Why an entry cannot be done; the entry is left out under `--keep-going`. */
export interface LeftOut {
  readonly entry: FileIdentity;
  readonly error: PodidError;
}

/** A managed identity with all entries that use it. */
interface Candidate {
  readonly resourceId: string;
  readonly entries: readonly FileIdentity[];
}

export interface IdentitiesRead extends Candidate {
  readonly read: IdentityRead;
}

export interface Ready extends Candidate {
  readonly ready: ReadyIdentity;
}

export interface Sorted<Good> {
  readonly good: readonly Good[];
  readonly leftOut: readonly LeftOut[];
}

/**
 * Looks at every identity once, several side by side; one that cannot be used does not keep the others from
 * being looked at.
 */
export async function readIdentities(
  deps: ChangeDeps,
  cluster: Cluster,
  entries: readonly FileIdentity[],
  wishes: IdentityWishes,
): Promise<Sorted<IdentitiesRead>> {
  return await sortOut(deps, 'Read', candidatesOf(entries), async (candidate, quiet) => ({
    ...candidate,
    read: await readIdentity(quiet, cluster, candidate.resourceId, wishes),
  }));
}

/**
 * Creates and grants what looking found missing, several side by side.
 *
 * @param touched the entries that the write puts or deletes
 * @throws PodidError AssignmentBlocked, before anything, where another entry would keep the write from being accepted
 */
export async function makeIdentitiesReady(
  deps: ChangeDeps,
  cluster: Cluster,
  identities: readonly IdentitiesRead[],
  touched: readonly EntryKey[],
): Promise<Sorted<Ready>> {
  if (identities.some(({ read }) => lacksSomething(read))) {
    await refuseDeadEntry(deps, cluster, touched);
  }
  const reporting = identities.some(({ read }) => lacksSomething(read)) ? deps : withoutProgress(deps);
  return await sortOut(reporting, 'Made ready', identities, async ({ read, ...candidate }, quiet) => ({
    ...candidate,
    ready: await makeIdentityReady(quiet, cluster, read),
  }));
}

/**
 * Polls that pass before roles granted just now are relied on: half a minute unless `--poll-interval` says
 * otherwise, a minute at most.
 */
const settling = { polls: 6, mostMs: 60_000 };

/**
 * Waits for all new roles together, once: a PUT that comes too early is refused, or accepted and then fails
 * after minutes. Roles that take longer are waited for by repeating the PUT.
 */
export async function waitForNewRoles(
  deps: ChangeDeps,
  identities: readonly IdentitiesRead[],
): Promise<void> {
  const count = identities.filter(({ read }) => isNew(read.operator)).length;
  if (count === 0) {
    return;
  }
  const { options, deadline } = deps;
  const pauseMs = Math.min(settling.polls * options.pollIntervalMs, settling.mostMs, deadline.remainingMs());
  deps.report.progress(`Waiting for Azure to see ${count} new ${count === 1 ? 'role' : 'roles'}`, {
    wait: { usually: `${Math.ceil(pauseMs / 1000)} s` },
  });
  await deps.clock.sleep(pauseMs, deps.signal);
}

/** As the profile will hold them, in the file's order. */
export function desiredEntries(
  entries: readonly FileIdentity[],
  ready: readonly Ready[],
): DesiredPodIdentity[] {
  return entries.flatMap((entry) => {
    const found = ready.find((candidate) => candidate.entries.includes(entry));
    if (found === undefined) {
      return [];
    }
    const { resourceId, clientId, principalId } = found.ready.identity;
    const { namespace, name, bindingSelector } = entry;
    const identity = { resourceId, clientId, objectId: principalId };
    return [{ namespace, name, identity, ...(bindingSelector === undefined ? {} : { bindingSelector }) }];
  });
}

/** What was read, without anything written, for a plan. */
export function asPlanned(deps: ChangeDeps, identities: readonly IdentitiesRead[]): Ready[] {
  return identities.map(({ read, ...candidate }) => ({
    ...candidate,
    ready: { identity: read.found.identity, role: operatorRoleOf(deps, read) },
  }));
}

/** All that is wrong in one error. @throws PodidError when there is something */
export function refuseLeftOut(leftOut: readonly LeftOut[], total: number): void {
  const [first] = leftOut;
  if (first === undefined) {
    return;
  }
  if (leftOut.length === 1) {
    throw first.error;
  }
  const { code, hint } = first.error;
  throw new PodidError(
    code,
    `${leftOut.length} of ${total} pod identities cannot be applied, and the cluster was not changed.`,
    {
      hint: advice`${hint === undefined ? advice`` : advice`${hint}; `}--keep-going applies the others`,
      details: leftOut.map(leftOutDetail),
    },
  );
}

export function leftOutDetail({ entry, error }: LeftOut): { code: string; message: string } {
  return { code: error.code, message: `${entryText(entry)}: ${error.message}` };
}

function candidatesOf(entries: readonly FileIdentity[]): Candidate[] {
  const byId = new Map<string, FileIdentity[]>();
  for (const entry of entries) {
    const key = entry.identityResourceId.toLowerCase();
    byId.set(key, [...(byId.get(key) ?? []), entry]);
  }
  return [...byId.values()].flatMap((group) =>
    group[0] === undefined ? [] : [{ resourceId: group[0].identityResourceId, entries: group }],
  );
}

/** Told in steps of a twentieth, so that a log stays one that can be read. */
async function sortOut<From extends Candidate, To>(
  deps: ChangeDeps,
  doing: string,
  items: readonly From[],
  work: (item: From, quiet: ChangeDeps) => Promise<To>,
): Promise<Sorted<To>> {
  const { report } = deps;
  const quiet = withoutProgress(deps);
  const step = Math.ceil(items.length / 20);
  let done = 0;
  const results = await eachConcurrently(items, async (item) => {
    try {
      return { good: await work(item, quiet), leftOut: [] };
    } catch (error) {
      if (!isPodidError(error) || deps.signal.aborted || isGeneral(error)) {
        throw error;
      }
      return { good: undefined, leftOut: item.entries.map((entry) => ({ entry, error })) };
    } finally {
      done++;
      if (done % step === 0 || done === items.length) {
        report.progress(`${doing} ${done} of ${items.length} identities`);
      }
    }
  });
  return {
    good: results.flatMap((result) => (result.good === undefined ? [] : [result.good])),
    leftOut: results.flatMap((result) => result.leftOut),
  };
}

/** A missing sign-in is not a fault of one identity. */
function isGeneral(error: PodidError): boolean {
  return error.code === 'NotSignedIn';
}

function withoutProgress(deps: ChangeDeps): ChangeDeps {
  return { ...deps, report: { ...deps.report, progress: () => undefined } };
}
