import { type EntryKey, entryText, sameEntry } from '../../../domain/entries/pod-identity.ts';
import type {
  AzureIdentityBinding,
  IdentityResources,
} from '../../../domain/kubernetes/identity-resources.ts';
import type { ConnectedCluster } from '../../../domain/kubernetes/workloads.ts';
import { compareObjects } from '../../../domain/takeover/compare-objects.ts';
import { holdText } from '../../../domain/takeover/hold.ts';
import type { TakeoverExport } from '../../../domain/takeover/takeover-export.ts';
import type { WrittenTakeover } from '../../../domain/takeover/takeover-record.ts';
import { lastTakeoverStep } from '../../../domain/takeover/takeover-steps.ts';
import type { TakeoverRequest } from '../takeover-run.ts';

export interface Saved {
  readonly export: TakeoverExport;
  /** Each object and each entry that stays deleted. */
  readonly deleted: readonly string[];
}

/**
 * What a rollback gives back. Once a takeover is done entries are the cluster's own, and people delete them there: what
 * it has no more, while its kind stayed, was deleted on purpose. An entry is gone with its identity, and with the last of
 * its bindings, without which no pod had it.
 */
export async function withoutDeleted(
  kube: ConnectedCluster,
  { record, export: saved }: WrittenTakeover,
  { sha256 }: Pick<TakeoverRequest, 'sha256'>,
  signal: AbortSignal,
): Promise<Saved> {
  // A rollback that goes on has left them out already.
  if (record.step < lastTakeoverStep || record.rollingBack !== undefined) {
    return { export: saved, deleted: [] };
  }
  const { resources } = await kube.read(signal);
  const definitions = await kube.takeover.definitionUids(signal);
  if (resources === undefined) {
    return { export: saved, deleted: [] };
  }
  const hasGone = (kind: string) =>
    definitions[kind] === undefined || definitions[kind] !== record.definitions?.[kind];
  const { kept: left, gone } = compareObjects(saved.objects, resources, hasGone);
  const bound = (binding: AzureIdentityBinding): EntryKey => ({
    namespace: binding.metadata.namespace,
    name: binding.spec.azureIdentity ?? '',
  });
  const isWhole = ({ identities, bindings }: IdentityResources, entry: EntryKey) =>
    identities.some(({ metadata }) => sameEntry(metadata, entry)) &&
    bindings.some((binding) => sameEntry(bound(binding), entry));
  const isLeft = (entry: EntryKey) => isWhole(left, entry) || !isWhole(saved.objects, entry);
  const identities = saved.identities.filter(isLeft);
  const exceptions = saved.exceptions.filter(
    (entry) => !gone.includes(`AzurePodIdentityException ${entryText(entry)}`),
  );
  return {
    export: {
      ...saved,
      identities,
      exceptions,
      objects: left,
      readFrom: `sha256:${sha256(holdText(left))}`,
    },
    deleted: [
      ...saved.identities
        .filter((entry) => !isLeft(entry))
        .map((entry) => `pod identity ${entryText(entry)}`),
      ...gone,
    ],
  };
}
