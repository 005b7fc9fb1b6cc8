import type { Holder } from './fair-places.ts';

/** Addresses nobody vouches for: whoever can give itself a thousand of them has one share with them all. */
export interface UnknownPeers {
  readonly connections: number;
  /** @param address as the socket has it */
  isUnknownPeer(address: string): boolean;
}

/** In which namespace the pod at the other end is; empty for whoever is in none. Without: all are in one. */
export type NamespaceOfPeer = (address: string) => string;

/** All addresses of which nobody vouches, as one holder; no namespace has this name. */
export const strangers: Holder = { namespace: 'no pods', pod: 'no pods' };

/** Whose an address is. */
export interface Peers {
  isUnknown(address: string): boolean;
  /** Of an address that is known. */
  known(address: string): Holder;
  holderOf(address: string): Holder;
}

export function createPeers(unknownPeers?: UnknownPeers, namespaceOf?: NamespaceOfPeer): Peers {
  const isUnknown = (address: string) => unknownPeers?.isUnknownPeer(address) ?? false;
  const known = (address: string) => ({ namespace: namespaceOf?.(address) ?? '', pod: address });
  return {
    isUnknown,
    known,
    holderOf: (address) => (isUnknown(address) ? strangers : known(address)),
  };
}
