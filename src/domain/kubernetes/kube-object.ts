/** Which object: what a path of the API is made of. */
export interface ObjectRef {
  /** `apps/v1`, `v1`. */
  readonly apiVersion: string;
  readonly kind: string;
  /** Of the kind, where it is not spelled by the rule. */
  readonly plural?: string;
  /** Absent for the cluster scope. */
  readonly namespace?: string;
  readonly name: string;
}

/** An object of Kubernetes as it is sent: what `kubectl apply` would read. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [member: string]: unknown;
}

export function refOf({ apiVersion, kind, metadata: { namespace, name } }: KubeObject): ObjectRef {
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

/** `DaemonSet kube-system/podid-nmi`. */
export function refText({ kind, namespace, name }: Omit<ObjectRef, 'apiVersion'>): string {
  return `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}
