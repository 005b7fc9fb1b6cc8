/** The bridges of the node, and the veths that are plugged into them. */
export interface NodeLinks {
  readonly bridges: readonly Bridge[];
  /** The node's ends of veth pairs, as far as they are ports of a bridge. */
  readonly bridgedVeths: readonly string[];
  /** And those that are none. */
  readonly otherVeths: readonly string[];
}

export interface Bridge {
  readonly name: string;
  readonly mac: string;
  /**
   * Whether it learns a MAC from frames to a link-local group, such as LLDP's: those pass no hook before they
   * are learned from.
   */
  readonly learnsLinkLocal: boolean;
}

interface ListedLink {
  readonly ifname: string;
  readonly address?: string;
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_slave_kind?: string;
    readonly info_data?: { readonly no_linklocal_learn?: number };
  };
}

/**
 * Reads what `ip -j -d link show` prints.
 * @throws SyntaxError when it is no JSON
 */
export function parseLinks(listing: string): NodeLinks {
  const links = JSON.parse(listing) as readonly ListedLink[];
  const veths = links.filter(({ linkinfo }) => linkinfo?.info_kind === 'veth');
  const isBridged = ({ linkinfo }: ListedLink) => linkinfo?.info_slave_kind === 'bridge';
  return {
    bridges: links
      .filter(({ linkinfo }) => linkinfo?.info_kind === 'bridge')
      .map(({ ifname, address = '', linkinfo }) => ({
        name: ifname,
        mac: address,
        learnsLinkLocal: linkinfo?.info_data?.no_linklocal_learn === 0,
      })),
    bridgedVeths: veths.filter(isBridged).map(({ ifname }) => ifname),
    otherVeths: veths.filter((link) => !isBridged(link)).map(({ ifname }) => ifname),
  };
}
