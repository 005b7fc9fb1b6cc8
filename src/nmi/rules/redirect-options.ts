/** What the redirect rules are made from. All addresses are IPv4: IMDS has no other. */
export interface RedirectOptions {
  /** `--nmi-listen-address`; `0.0.0.0` means that pods are sent to the loopback address, as upstream does. */
  readonly listenAddress: string;
  /** `--nmi-port`, 1–65535. */
  readonly port: number;
  /** `--metadata-ip` and `--metadata-port`: where pods look for IMDS. */
  readonly metadataIp: string;
  readonly metadataPort: number;
  /** `--block-wireserver`: pods reach neither port 80 nor 32526 of 168.63.129.16. */
  readonly blockWireserver: boolean;
  /** `--new-connections-per-pod`: of one address; 0 for any number. */
  readonly newConnectionsPerSec: number;
  /** Probes and metrics: only the node itself reaches them. */
  readonly closedPorts: readonly number[];
  /** Those that others are to reach, too. They have the limit of new connections that the agent's port has. */
  readonly openPorts: readonly number[];
  /**
   * `iptables` is for nodes whose kernel or image lacks nftables; it loses to whoever inserts a rule above
   * it.
   */
  readonly backend: 'nft' | 'iptables';
}

/** Where the first layer sends a pod: the same values end in the rules and in the heartbeat. */
export interface RedirectTarget {
  readonly address: string;
  readonly port: number;
}

/**
 * Azure's wire server and its ports; pods have no business with either (Azure documentation, "What is IP
 * address 168.63.129.16").
 */
export const wireserver = { ip: '168.63.129.16', ports: [80, 32526] } as const;

/**
 * Per source, new connections to the agent. Its thread accepts one a turn, in the order in which they came, and 511 may
 * wait: without a limit one pod's would be all of them. No client comes near: IMDS answers a whole machine 20 requests a
 * second, and at once a pod may open as many as it may have (`--max-connections-per-pod`). What exceeds it is dropped
 * and sent again by the client's kernel a second later, so that it delays nobody else. Whoever comes when so many sources
 * are counted already has one limit with all others who do.
 */
export const newConnections = { atOnce: 256, forgottenAfterSec: 10, sources: 4_096 } as const;

/** What one rule is for. Kept as the rule's comment, so that an operator who lists the table can read it. */
export const rulePurposes = {
  redirect: 'podid: pods asking for IMDS are sent to the agent',
  ownPort: 'podid: no other NAT rule may take the port of the agent on the node',
  ownImds: 'podid: no other NAT rule may lead the node itself elsewhere than to IMDS',
  ownAstray: 'podid: what the node asks IMDS reaches IMDS alone',
  spoofed: 'podid: this source does not live behind this interface',
  shield: 'podid: nothing but the redirect leads to IMDS',
  astray: 'podid: what was meant for IMDS goes nowhere else',
  wireserver: 'podid: pods may not talk to the wire server',
  nodeItself: 'podid: the node talks to its own agent',
  toAgent: 'podid: what comes from off the node is looked at',
  redirected: 'podid: it came through the redirect',
  direct: 'podid: nobody off the node reaches the agent directly',
  ownLoopback: 'podid: nobody off the node reaches the loopback addresses of the node',
  closed: 'podid: only the node itself reaches probes and metrics',
  open: 'podid: whoever opens connections to probes and metrics is counted',
  counted: 'podid: whoever opens connections to the agent is counted',
  established: 'podid: only new connections are held',
  crowding: 'podid: a source opens more connections than any client does, and tries again',
  uncounted: 'podid: too many sources are counted, the others have one limit together',
  listening: 'podid: somebody listens',
  held: 'podid: nobody listens yet, the client tries again',
} as const;
