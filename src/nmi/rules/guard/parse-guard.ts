import { isIPv6 } from 'node:net';
import { type NftTable, parseNftTable } from '../nft/parse-nft-table.ts';
import { canonicalIpv6 } from './ipv6.ts';
import type { Pins } from './plan-pins.ts';
import { setNames } from './render-guard.ts';

/** The guard's table as the kernel holds it. */
export interface InstalledGuard {
  readonly structure: NftTable;
  readonly pins: Pins;
}

interface ListedSet {
  readonly name: string;
  readonly elem?: readonly ListedElement[];
}
type ListedElement =
  | string
  | { readonly concat?: readonly string[]; readonly elem?: { readonly val?: ListedElement } };

/**
 * Reads what `nft -j list table` prints: chains and rules apart from what the sets hold.
 * @throws SyntaxError when it is no JSON; TypeError when it is JSON of another shape
 */
export function parseGuard(listing: string): InstalledGuard {
  const { nftables } = JSON.parse(listing) as { nftables: readonly { readonly set?: ListedSet }[] };
  if (!Array.isArray(nftables)) {
    throw new TypeError('nft printed JSON without an nftables list');
  }
  const sets = new Map(nftables.flatMap(({ set }) => (set === undefined ? [] : [[set.name, set] as const])));
  const rest = nftables.map((entry) =>
    entry.set === undefined ? entry : { set: { ...entry.set, elem: null } },
  );
  return {
    structure: parseNftTable(JSON.stringify({ nftables: rest })),
    pins: Object.fromEntries(
      setNames.map((name) => [name, (sets.get(name)?.elem ?? []).map(spell).sort()]),
    ) as unknown as Pins,
  };
}

function spell(element: ListedElement): string {
  if (typeof element === 'string') {
    return isIPv6(element) ? canonicalIpv6(element) : element;
  }
  return element.concat?.map(spell).join(' . ') ?? spell(element.elem?.val ?? '');
}
