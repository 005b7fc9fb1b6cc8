/** An object of a policy engine, as it is sent; none of them has a namespace. */
export interface PolicyObject {
  readonly apiVersion: string;
  readonly kind: string;
  /** Plural of the kind, for paths and rights. */
  readonly plural: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** As `kubectl apply` takes it. */
export function policyManifest({ apiVersion, kind, name, labels, annotations, spec }: PolicyObject) {
  const marks = Object.keys(annotations).length === 0 ? {} : { annotations };
  return { apiVersion, kind, metadata: { name, labels, ...marks }, spec };
}

/** Of every engine's object, as far as the engine lets names be chosen. */
export const netRawName = 'podid-kubenet-net-raw';

export const ownLabels = {
  'app.kubernetes.io/name': 'podid',
  'app.kubernetes.io/managed-by': 'podid',
} as const;

/**
 * What a container must not add. With NET_ADMIN it can give itself its neighbour's address without a raw
 * packet, and ALL holds both. Some runtimes take names with the prefix `CAP_`, so both are refused.
 */
export const forbiddenToAdd = ['ALL', 'CAP_ALL', 'NET_RAW', 'CAP_NET_RAW', 'NET_ADMIN', 'CAP_NET_ADMIN'];

/**
 * What a container must drop, one of them, in any case. With the prefix `CAP_` it does not count: containerd,
 * which AKS runs, puts its own prefix in front and drops nothing (`CAP_CAP_NET_RAW`).
 */
export const enoughToDrop = ['ALL', 'NET_RAW'];

/** What a refusal says, after the names of the containers. */
export const whatToDo =
  'may pose as another pod and be given its token. Set securityContext.capabilities.drop to [NET_RAW] or [ALL], without the prefix CAP_, add neither ALL, NET_RAW nor NET_ADMIN, and do without privileged.';

/** As JSON, which is also a list of strings in CEL and a set of them in Rego but for its brackets. */
export function quotedList(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join(', ');
}
