import type { Cluster } from '../clusters/cluster.ts';
import {
  type FileCluster,
  type FileIdentity,
  fileApiVersion,
  profileFile,
} from '../entries/pod-identities-file.ts';
import { entryText, type PodIdentityException } from '../entries/pod-identity.ts';
import { isKeptAnnotation } from '../exchange/kept-annotations.ts';
import { aksLabel, type IdentityResources, type ObjectMeta } from '../kubernetes/identity-resources.ts';
import { holdText } from './hold.ts';
import type { StoodBefore } from './stood-before.ts';

export const takeoverFileKind = 'PodIdentityTakeover';

/** A machine of the nodes, and the managed identities that it carries. */
export interface ExportedMachine {
  readonly resource: string;
  readonly identities: readonly string[];
}

/** All that the add-on may take away with itself: what `podid takeover plan --out` writes, as a plain value. */
export interface TakeoverExport {
  readonly apiVersion: typeof fileApiVersion;
  readonly kind: typeof takeoverFileKind;
  readonly cluster: FileCluster;
  /** Uid of the namespace kube-system. */
  readonly clusterUid: string;
  /** The entries, as `podid apply` reads them. */
  readonly identities: readonly FileIdentity[];
  readonly exceptions: readonly PodIdentityException[];
  /** `addon-kubenet`: the add-on was on with the consent to kubenet. */
  readonly allowNetworkPluginKubenet: boolean;
  /** The objects as far as agents decide by them. */
  readonly objects: IdentityResources;
  /** What else they carried, by `Kind namespace/name`. */
  readonly marks: SavedMarks;
  readonly machines: readonly ExportedMachine[];
  /** Absent in what an earlier podid wrote. */
  readonly before?: StoodBefore;
  /** `sha256:` and the hash of the objects. */
  readonly readFrom: string;
}

/** Labels and annotations of an object, for whoever wrote it: Helm knows its own by them. */
export type SavedMarks = Readonly<
  Record<
    string,
    {
      readonly labels: Readonly<Record<string, string>>;
      readonly annotations: Readonly<Record<string, string>>;
    }
  >
>;

/** By which AKS, and its manager of add-ons, know their own, and take away what they no longer want. */
const ofAks =
  /^(?:kubernetes\.azure\.com\/|addonmanager\.kubernetes\.io\/|kubernetes\.io\/cluster-service$|app\.kubernetes\.io\/managed-by$)/;

/** Of each object that has any. Those of the add-on lose what makes them AKS's: podid owns them then. */
export function marksOf({ identities, bindings, exceptions }: IdentityResources): SavedMarks {
  const ofKind = (kind: string, objects: readonly { readonly metadata: ObjectMeta }[]) =>
    objects.flatMap(({ metadata }) => {
      const isOfAks = metadata.labels?.[aksLabel] === 'aks';
      const labels = membersOf(metadata.labels, (name) => !isOfAks || !ofAks.test(name));
      // Those that agents go by are saved with the object.
      const annotations = membersOf(metadata.annotations, (name) => !isKeptAnnotation(name));
      const isMarked = Object.keys(labels).length + Object.keys(annotations).length > 0;
      return isMarked ? [[`${kind} ${entryText(metadata)}`, { labels, annotations }] as const] : [];
    });
  return Object.fromEntries(
    [
      ...ofKind('AzureIdentity', identities),
      ...ofKind('AzureIdentityBinding', bindings),
      ...ofKind('AzurePodIdentityException', exceptions),
    ].toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );
}

function membersOf(map: Readonly<Record<string, string>> = {}, isWanted: (name: string) => boolean) {
  return Object.fromEntries(Object.entries(map).filter(([name]) => isWanted(name)));
}

interface Exported {
  readonly cluster: Cluster;
  readonly clusterUid: string;
  readonly objects: IdentityResources;
  readonly machines: readonly ExportedMachine[];
  readonly before: StoodBefore;
}

/** Sorted: the same cluster gives the same text. @param sha256 of a text, in hex */
export function takeoverExport(
  { cluster, clusterUid, objects, machines, before }: Exported,
  sha256: (text: string) => string,
): TakeoverExport {
  const { cluster: named = {}, identities = [], exceptions = [] } = profileFile(cluster);
  const text = holdText(objects);
  return {
    apiVersion: fileApiVersion,
    kind: takeoverFileKind,
    cluster: named,
    clusterUid,
    identities,
    exceptions,
    allowNetworkPluginKubenet: cluster.profile.allowNetworkPluginKubenet,
    objects: JSON.parse(text) as IdentityResources,
    marks: marksOf(objects),
    machines: machines
      .map(({ resource, identities: ids }) => ({ resource, identities: ids.toSorted() }))
      .toSorted((one, other) => (one.resource < other.resource ? -1 : 1)),
    before,
    readFrom: `sha256:${sha256(text)}`,
  };
}
