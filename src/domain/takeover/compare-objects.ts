import { isAddonException } from '../entries/addon-exception.ts';
import { entryText } from '../entries/pod-identity.ts';
import { aksLabel, type IdentityResources, type ObjectMeta } from '../kubernetes/identity-resources.ts';
import { heldObjectText } from './hold.ts';

/** What was saved, beside what the cluster has. Names are `Kind namespace/name`. */
export interface ObjectsCompared {
  /** Saved, gone with its kind, and so to be written again. */
  readonly bring: IdentityResources;
  /** There, and the add-on's still. */
  readonly adopt: IdentityResources;
  /** What counts as saved from now on: without `gone`, and those of `changed` as they are now. */
  readonly kept: IdentityResources;
  /** Saved, and deleted while its kind stayed. */
  readonly gone: readonly string[];
  /** There, in another form than it was saved in. */
  readonly changed: readonly string[];
  /** There, and not saved. */
  readonly extra: readonly string[];
}

/** @param comesBack whether one that is missing was taken away by AKS, with its kind or without, and by nobody else */
export function compareObjects(
  saved: IdentityResources,
  there: IdentityResources,
  comesBack: (kind: string, object: KeptObject) => boolean,
): ObjectsCompared {
  const identities = compareKind('AzureIdentity', saved.identities, { there: there.identities, comesBack });
  const bindings = compareKind('AzureIdentityBinding', saved.bindings, { there: there.bindings, comesBack });
  const exceptions = compareKind('AzurePodIdentityException', saved.exceptions, {
    there: there.exceptions,
    comesBack,
  });
  const objects = (part: 'bring' | 'adopt' | 'kept'): IdentityResources => ({
    identities: identities[part],
    bindings: bindings[part],
    exceptions: exceptions[part],
  });
  const names = (part: 'gone' | 'changed' | 'extra') =>
    [identities, bindings, exceptions].flatMap((kind) => kind[part]);
  return {
    bring: objects('bring'),
    adopt: objects('adopt'),
    kept: objects('kept'),
    gone: names('gone'),
    changed: names('changed'),
    extra: names('extra'),
  };
}

/** What differs, as the end of a sentence; empty where nothing does. */
export function differenceText({
  gone,
  changed,
  extra,
}: Pick<ObjectsCompared, 'gone' | 'changed' | 'extra'>): string {
  return [
    ...(gone.length === 0 ? [] : [`missing: ${someOf(gone)}`]),
    ...(changed.length === 0 ? [] : [`changed: ${someOf(changed)}`]),
    ...(extra.length === 0 ? [] : [`added: ${someOf(extra)}`]),
  ].join('; ');
}

/** A cluster may have thousands. */
export function someOf(names: readonly string[]): string {
  return names.length <= 5
    ? names.join(', ')
    : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`;
}

export type KeptObject = IdentityResources[keyof IdentityResources][number];

function compareKind<Of extends KeptObject>(
  kind: string,
  saved: readonly Of[],
  of: {
    readonly there: readonly Of[];
    readonly comesBack: (kind: string, object: KeptObject) => boolean;
  },
) {
  const { there } = of;
  const now = new Map(there.map((object) => [entryText(object.metadata), object]));
  const before = new Set(saved.map(({ metadata }) => entryText(metadata)));
  // AKS takes its own exception away with the add-on, and the kind of it may stay.
  const comesBack = (object: Of) => of.comesBack(kind, object) || isAddonException(object.metadata);
  const missing = saved.filter(({ metadata }) => !now.has(entryText(metadata)));
  const gone = missing.filter((object) => !comesBack(object));
  const changed = saved.flatMap((object) => {
    const found = now.get(entryText(object.metadata));
    return found === undefined || heldObjectText(found) === heldObjectText(object) ? [] : [found];
  });
  const nameOf = ({ metadata }: Of) => `${kind} ${entryText(metadata)}`;
  const left = new Set(gone);
  const anew = new Map(changed.map((object) => [entryText(object.metadata), object]));
  return {
    bring: missing.filter(comesBack),
    adopt: there.filter(({ metadata }) => isOfAddon(metadata) && metadata.deletionTimestamp === undefined),
    kept: saved
      .filter((object) => !left.has(object))
      .map((object) => anew.get(entryText(object.metadata)) ?? object),
    gone: gone.map(nameOf),
    changed: changed.map(nameOf),
    extra: there.filter(({ metadata }) => !before.has(entryText(metadata))).map(nameOf),
  };
}

function isOfAddon({ labels = {} }: ObjectMeta): boolean {
  return labels[aksLabel] === 'aks';
}
