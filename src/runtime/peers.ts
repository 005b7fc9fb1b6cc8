/** Addresses nobody vouches for: whoever can give itself a thousand of them has one share with them all. */
export interface UnknownPeers {
  readonly connections: number;
  /** @param address as the socket has it */
  isUnknownPeer(address: string): boolean;
}

/** In which namespace the pod at the other end is; empty for whoever is in none. Without: all are in one. */
export type NamespaceOfPeer = (address: string) => string;
