import { findDrift } from '../../../domain/entries/drift.ts';
import { entryText } from '../../../domain/entries/pod-identity.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import type { IdentityResources } from '../../../domain/kubernetes/identity-resources.ts';
import { compareObjects, differenceText, someOf } from '../../../domain/takeover/compare-objects.ts';
import { holdText } from '../../../domain/takeover/hold.ts';
import { advice } from '../../../errors/hint.ts';
import { PodidError } from '../../../errors/podid-error.ts';
import { keep, newHold, objectsNow, standingHold, type TakeoverRun } from '../takeover-run.ts';
import { whereOf } from '../takeover-status.ts';

/**
 * What the cluster has, if nothing of what was saved has got lost: a view with less would take identities from pods.
 *
 * @throws PodidError TakeoverBlocked, naming what is missing, and those of `objectsNow`
 */
export async function wholeView(run: TakeoverRun): Promise<IdentityResources> {
  const { deps, kube, request, found } = run;
  const objects = await objectsNow(run);
  const { gone } = compareObjects(found.written.export.objects, objects, () => false);
  const { profile } = await deps.azure.clusters.get(request.cluster, deps.signal);
  const drift = profile.enabled ? findDrift(profile, await kube.read(deps.signal)) : [];
  const lacking = drift.filter(({ state }) => state === 'missing' || state === 'differs').map(entryText);
  if (lacking.length > 0) {
    throw new PodidError(
      'TakeoverBlocked',
      `ObjectsMissing: the cluster's own objects of these entries are missing or differ from Azure, and agents would hold them so: ${someOf(lacking)}.`,
      { hint: nextCommand('mirror', request.cluster) },
    );
  }
  if (gone.length > 0) {
    throw new PodidError(
      'TakeoverBlocked',
      `Of the objects that were saved when the takeover was begun, these are missing, and agents would no longer hold them: ${someOf(gone)}.`,
      {
        hint: advice`Write them again; or, where they are to be gone, begin anew: ${nextCommand('takeover rollback', request.cluster, whereOf(request))}, and then ${nextCommand('takeover plan', request.cluster, { ...whereOf(request), out: 'takeover.yaml' })}`,
      },
    );
  }
  return objects;
}

/** What has changed since it was saved, as a sentence of its own that begins with a space; empty where nothing has. */
export async function differenceSince(run: TakeoverRun): Promise<string> {
  const text = differenceText(
    compareObjects(run.found.written.export.objects, await objectsNow(run), () => false),
  );
  return text === '' ? '' : ` The objects differ from those that were saved: ${text}.`;
}

/** With less left, it might end before the rest is done. */
const leastLeftMs = 30 * 60_000;
/** As of a plan: a ConfigMap has no room for more. */
const mostCharacters = 700 * 1024;

/** What is back counts as saved; the hold is that of it, for long enough. */
export async function holdBrought(run: TakeoverRun, brought: IdentityResources): Promise<void> {
  const { objects } = run.found.written.export;
  await holdOn(run, holdText(brought).length > mostCharacters ? objects : brought);
}

/** Has agents hold these objects, by default the same, for as long as the rest of the steps may take. */
export async function holdOn(
  run: TakeoverRun,
  objects: IdentityResources = run.found.written.export.objects,
): Promise<void> {
  const { deps, found, definitions } = run;
  const { record, export: exported } = found.written;
  const hold = standingHold(run);
  const anew = newHold(run, objects);
  const leftMs = hold === undefined ? 0 : Date.parse(hold.until) - deps.clock.now();
  const isSame = hold?.sha256 === anew.sha256 && leftMs >= leastLeftMs;
  if (isSame && (definitions === undefined || sameUids(definitions, record.definitions))) {
    return;
  }
  await keep(run, {
    record,
    hold: isSame ? hold : anew,
    export: { ...exported, objects, readFrom: `sha256:${anew.sha256}` },
  });
}

/** Uids of the definitions with which the objects were there, as far as they are news. */
export async function keepDefinitions(run: TakeoverRun): Promise<void> {
  const { record, export: exported } = run.found.written;
  if (run.definitions === undefined || sameUids(run.definitions, record.definitions)) {
    return;
  }
  const hold = standingHold(run);
  await keep(run, { record, export: exported, ...(hold === undefined ? {} : { hold }) });
}

function sameUids(one: Readonly<Record<string, string>>, other: typeof one = {}): boolean {
  const kinds = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...kinds].every((kind) => one[kind] === other[kind]);
}
