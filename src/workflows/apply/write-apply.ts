import { sameResource } from '../../domain/azure/resource-id.ts';
import type { ClusterDemands } from '../../domain/clusters/check-cluster.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import {
  type DesiredPodIdentity,
  entryProgress,
  entryText,
  type PodIdentity,
  sameEntry,
} from '../../domain/entries/pod-identity.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import type { ObjectChange } from '../../domain/kubernetes/cluster-objects.ts';
import { advice, type Command } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import { changeProfile, notWaitedFor } from '../change/change-profile.ts';
import { entryFailed } from '../change/judge-change.ts';
import { mirrorChange } from '../change/mirror-change.ts';
import type { ChangedProfile } from '../change/profile-change.ts';
import type { ChangeDeps } from '../change/start-change.ts';
import { readWithRetry } from '../change/start-change.ts';
import { type LeftOut, leftOutDetail, type Ready } from '../identities/prepare-identities.ts';
import { type ApplyIntent, decideApply, decideReturn } from './apply-intent.ts';
import { chosen } from './apply-plan.ts';
import { diffProfile } from './diff-profile.ts';

export interface ApplyWrite {
  readonly intent: ApplyIntent;
  readonly ready: readonly Ready[];
  readonly demands: ClusterDemands;
  readonly keepGoing: boolean;
  readonly files: readonly string[];
  /** So far. */
  readonly leftOut: readonly LeftOut[];
}

export interface WrittenApply {
  readonly cluster: Cluster;
  readonly leftOut: readonly LeftOut[];
  /** What became of the objects in the cluster. */
  readonly objects: readonly ObjectChange[];
  readonly failure?: PodidError;
}

/** Writes what was agreed to in one PUT or two, waits for the end and mirrors it. */
export async function writeApply(
  deps: ChangeDeps,
  cluster: Cluster,
  write: ApplyWrite,
): Promise<WrittenApply> {
  const { replaced } = write.intent;
  const waiting = replaced.length === 0 ? deps : { ...deps, options: { ...deps.options, noWait: false } };
  const first = await writeFirst(waiting, cluster, write);
  const second = await bringBack(deps, first.changed.cluster, first.write);
  const changed = second ?? first.changed;
  const failure = failureOf(deps, changed.cluster, first.write, first.changed.failure ?? second?.failure);
  const end = { cluster: changed.cluster, leftOut: first.write.leftOut };
  if (deps.options.noWait) {
    deps.report.note(notWaitedFor(nextCommand('wait', changed.cluster.id, { for: 'idle' })));
    return { ...end, objects: [], ...(failure ? { failure } : {}) };
  }
  const mirrored = await mirrorApply(deps, changed.cluster, write.intent);
  const last = failure ?? mirrored.failure;
  return { ...end, objects: mirrored.objects, ...(last ? { failure: last } : {}) };
}

interface FirstWritten {
  readonly changed: ChangedProfile;
  /** Without what turned out to be impossible. */
  readonly write: ApplyWrite;
}

/** Under `--keep-going` an entry that Azure itself names as the obstacle is left out as well. */
async function writeFirst(deps: ChangeDeps, cluster: Cluster, write: ApplyWrite): Promise<FirstWritten> {
  let current = cluster;
  let rest = write;
  for (;;) {
    try {
      const { intent, demands } = rest;
      const decide = (now: Cluster) => decideApply(now, intent, demands);
      return { changed: await changeProfile(deps, current, { decide, ...freshRoles(rest) }), write: rest };
    } catch (error) {
      if (!write.keepGoing || !isPodidError(error, 'AssignmentBlocked', 'AssignForbidden', 'AssignRefused')) {
        throw error;
      }
      const less = withoutBlocked(rest, error);
      if (less === rest) {
        throw error;
      }
      deps.report.warn(`Left out: ${error.message}`, error.hint);
      rest = less;
      current = await readWithRetry(deps, cluster.id);
    }
  }
}

function withoutBlocked(write: ApplyWrite, error: PodidError): ApplyWrite {
  const { target } = error;
  if (target === undefined) {
    return write;
  }
  const blocked = write.ready.filter(({ resourceId }) => sameResource(resourceId, target));
  if (blocked.length === 0) {
    return write;
  }
  const entries = blocked.flatMap((each) => each.entries);
  const identities = write.intent.wanted.identities?.filter(
    (wanted) => !entries.some((entry) => sameEntry(entry, wanted)),
  );
  return {
    ...write,
    intent: { ...write.intent, wanted: { ...write.intent.wanted, ...(identities ? { identities } : {}) } },
    ready: write.ready.filter((each) => !blocked.includes(each)),
    leftOut: [...write.leftOut, ...entries.map((entry) => ({ entry, error }))],
  };
}

function freshRoles({ ready }: ApplyWrite) {
  const refused = ready.find((each) => each.ready.role.refused)?.ready.role.refused;
  return {
    freshlyGranted: ready.filter((each) => each.ready.role.fresh).map(({ resourceId }) => resourceId),
    ...(refused ? { grantRefused: refused } : {}),
  };
}

/**
 * The second PUT: entries that the first one took out come back with their new identity, or, if that fails,
 * with the old.
 */
async function bringBack(
  deps: ChangeDeps,
  cluster: Cluster,
  write: ApplyWrite,
): Promise<ChangedProfile | undefined> {
  const out = chosen(write.intent.replaced, write.intent.wanted.identities).filter(
    (old) => !cluster.profile.identities.some((entry) => sameEntry(entry, old)),
  );
  const entries = (write.intent.wanted.identities ?? []).filter((wanted) =>
    out.some((old) => sameEntry(old, wanted)),
  );
  if (entries.length === 0) {
    return undefined;
  }
  try {
    const decide = (now: Cluster) => decideReturn(now, entries);
    return await changeProfile(deps, cluster, { decide, ...freshRoles(write) });
  } catch (error) {
    if (!deps.signal.aborted && (await putBack(deps, cluster, out, error))) {
      throw error;
    }
    const again = deps.entries.command('apply', cluster.id, { file: write.files, yes: true });
    throw halfDone(cluster, out, again, error);
  }
}

/** @returns whether the old entries are in the cluster again */
async function putBack(
  deps: ChangeDeps,
  cluster: Cluster,
  out: readonly PodIdentity[],
  reason: unknown,
): Promise<boolean> {
  const { report } = deps;
  const old = out.map(
    ({ namespace, name, bindingSelector, identity }): DesiredPodIdentity => ({
      namespace,
      name,
      bindingSelector,
      identity,
    }),
  );
  report.warn(
    `The new identities were not accepted (${textOf(reason)}); putting the old entries ${old.map(entryText).join(', ')} back.`,
  );
  try {
    const waiting = { ...deps, options: { ...deps.options, noWait: false } };
    await changeProfile(waiting, cluster, { decide: (now) => decideReturn(now, old) });
    return true;
  } catch (error) {
    report.warn(`Putting them back failed too: ${textOf(error)}`);
    return false;
  }
}

function halfDone(
  cluster: Cluster,
  out: readonly PodIdentity[],
  again: Command,
  reason: unknown,
): PodidError {
  const message = `${textOf(reason)} Removed from the cluster and not restored: ${out.map(entryText).join(', ')}.`;
  return new PodidError(isPodidError(reason) ? reason.code : 'EntriesLost', message, {
    hint: advice`${again}  # brings them back`,
    target: cluster.resourceId,
    details: out.map((old) => ({ message: `${entryText(old)} had ${old.identity.resourceId}` })),
    cause: reason,
  });
}

/** Everything that went wrong with single entries, in one. */
function failureOf(
  deps: ChangeDeps,
  cluster: Cluster,
  { intent, leftOut }: ApplyWrite,
  failure: PodidError | undefined,
): PodidError | undefined {
  const failed =
    failure === undefined
      ? []
      : chosen(cluster.profile.identities, intent.wanted.identities)
          .filter((entry) => entryProgress(entry) === 'failed')
          .map((entry) => entryFailed(deps.entries, cluster, entry));
  if (leftOut.length === 0 && failed.length < 2) {
    return failure;
  }
  const details = [
    ...leftOut.map(leftOutDetail),
    ...(failed.length === 0 && failure !== undefined ? [failure] : failed).map(({ code, message }) => ({
      code,
      message,
    })),
  ];
  const hint = leftOut[0]?.error.hint ?? failure?.hint;
  const code = leftOut.length > 0 ? 'EntriesLeftOut' : 'EntryFailed';
  const [only] = details.length === 1 ? details : [];
  const many = `${details.length} pod identities were left out or failed; everything else is applied.`;
  const message = only === undefined ? many : `${only.message} Everything else is applied.`;
  return new PodidError(code, message, { ...(hint ? { hint } : {}), details, target: cluster.resourceId });
}

/** Only what Azure holds and has finished. */
function mirrorApply(deps: ChangeDeps, cluster: Cluster, intent: ApplyIntent) {
  const { identities, exceptions } = cluster.profile;
  const wanted = diffProfile(cluster.profile, intent.wanted);
  const unfinished = [...wanted.put, ...wanted.replace.map((each) => each.wanted)];
  return mirrorChange(deps, cluster, {
    identities: chosen(identities, intent.wanted.identities).filter(
      (entry) => !unfinished.some((key) => sameEntry(key, entry)),
    ),
    exceptions: chosen(exceptions, intent.wanted.exceptions),
    goneIdentities: intent.goneIdentities,
    goneExceptions: intent.goneExceptions,
  });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
