/** The bridges of the node, and the cables that are plugged into them. */
export interface NodeLinks {
  readonly bridges: readonly Bridge[];
  /** Node's ends of cables (veth) that are a port of a bridge. */
  readonly bridgedCables: readonly string[];
  /** Node's ends of cables that are none. */
  readonly otherCables: readonly string[];
}

export interface Bridge {
  readonly name: string;
  readonly mac: string;
  /** Whether it learns a MAC from frames to a link-local group, such as LLDP's: those pass no hook before they are learned from. */
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
  const cables = links.filter(({ linkinfo }) => linkinfo?.info_kind === 'veth');
  const isBridged = ({ linkinfo }: ListedLink) => linkinfo?.info_slave_kind === 'bridge';
  return {
    bridges: links
      .filter(({ linkinfo }) => linkinfo?.info_kind === 'bridge')
      .map(({ ifname, address = '', linkinfo }) => ({
        name: ifname,
        mac: address,
        learnsLinkLocal: linkinfo?.info_data?.no_linklocal_learn === 0,
      })),
    bridgedCables: cables.filter(isBridged).map(({ ifname }) => ifname),
    otherCables: cables.filter((link) => !isBridged(link)).map(({ ifname }) => ifname),
  };
}
