import type { Cluster } from '../clusters/cluster.ts';
import {
  type FileCluster,
  type FileIdentity,
  fileApiVersion,
  profileFile,
} from '../entries/pod-identities-file.ts';
import type { PodIdentityException } from '../entries/pod-identity.ts';
import type { IdentityResources } from '../kubernetes/identity-resources.ts';
import { holdText } from './hold.ts';

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
  readonly machines: readonly ExportedMachine[];
  /** `sha256:` and the hash of the objects. */
  readonly readFrom: string;
}

interface Exported {
  readonly cluster: Cluster;
  readonly clusterUid: string;
  readonly objects: IdentityResources;
  readonly machines: readonly ExportedMachine[];
}

/** Sorted: the same cluster gives the same text. @param sha256 of a text, in hex */
export function takeoverExport(
  { cluster, clusterUid, objects, machines }: Exported,
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
    machines: machines
      .map(({ resource, identities: ids }) => ({ resource, identities: ids.toSorted() }))
      .toSorted((one, other) => (one.resource < other.resource ? -1 : 1)),
    readFrom: `sha256:${sha256(text)}`,
  };
}
