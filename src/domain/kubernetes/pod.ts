/** The controller of an object: `ownerReferences` with `controller: true`. */
export interface ControllerRef {
  /** `argoproj.io/v1alpha1`. */
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** A pod, as far as the node agent and MIC need it. */
export interface Pod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Every address of the pod, IPv4 and IPv6, as the API writes them. Empty until the kubelet reports one. */
  readonly ips: readonly string[];
  /** Shares the node's addresses, so no address identifies it. */
  readonly hostNetwork: boolean;
  /** The account that it runs as, in its own namespace; absent where it has none, as a static pod. */
  readonly serviceAccount?: string;
  /** Empty until scheduled. */
  readonly nodeName: string;
  /** `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`. */
  readonly phase: string;
  /**
   * Milliseconds since the epoch at which the kubelet took the pod: one that waited for a node is no older than that.
   * Before, when it was created; 0 where neither is said.
   */
  readonly createdMs: number;
  /** Who made it, as the node agent reads it; absent for a pod without one, and for readers that do without. */
  readonly controller?: Pick<ControllerRef, 'kind' | 'name' | 'uid'>;
}

/** Whether its containers run, or may run yet. */
export function isLiving({ phase }: Pick<Pod, 'phase'>): boolean {
  return phase !== 'Succeeded' && phase !== 'Failed';
}
