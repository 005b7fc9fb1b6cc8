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
  /** Empty until scheduled. */
  readonly nodeName: string;
  /** `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`. */
  readonly phase: string;
  /**
   * Milliseconds since the epoch at which the kubelet took the pod: one that waited for a node is no older than that.
   * Before, when it was created; 0 where neither is said.
   */
  readonly createdMs: number;
}
