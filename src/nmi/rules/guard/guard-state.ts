/** What is true of the address guard at one moment. */
export interface GuardState {
  /** The table was read back as it was written, and it knows the pods. */
  readonly active: boolean;
  /** Pods whose veth, MAC and addresses are pinned. */
  readonly pods: number;
  /** Veths on a bridge that the CNI plugin's record does not name. They reach no IMDS. */
  readonly unknown: number;
  /** How often the table had to be put back since the process started. */
  readonly putBack: number;
  /** Packets by the rule's purpose. */
  readonly packets: Readonly<Record<string, number>>;
  /** There is no guard because no pod is on a bridge; the rule on sources holds addresses then. */
  readonly routed?: true;
  /** A sentence, where it is not active. */
  readonly why?: string;
}

/** A guard that does nothing, and why. */
export function inactiveGuard(why: string): GuardState {
  return { active: false, pods: 0, unknown: 0, putBack: 0, packets: {}, why };
}
