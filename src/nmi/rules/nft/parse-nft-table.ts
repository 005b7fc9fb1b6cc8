/**
 * What of a listed table must not change: its flags, chains with their hooks, rules in their order. Handles
 * and counters are left out.
 */
export interface NftTable {
  /** `null` for a table without flags, as podid's is. A dormant one holds every rule and does nothing. */
  readonly flags: string;
  readonly chains: readonly string[];
  /** One canonical line a rule: `chain: expression`; and one a set, without its elements, which packets put in. */
  readonly rules: readonly string[];
  /** Packets by the rule's comment, for the metrics. */
  readonly packets: Readonly<Record<string, number>>;
}

interface ListedEntry {
  readonly metainfo?: unknown;
  readonly table?: { readonly flags?: unknown };
  readonly chain?: unknown;
  readonly set?: { readonly elem?: unknown };
  readonly rule?: ListedRule;
}

interface ListedRule {
  readonly chain: string;
  readonly comment?: string;
  readonly expr: readonly { readonly counter?: { readonly packets?: number } }[];
}

/**
 * Reads what `nft -j list table` prints.
 * @throws SyntaxError when it is no JSON; TypeError when it is JSON of another shape
 */
export function parseNftTable(listing: string): NftTable {
  const { nftables } = JSON.parse(listing) as { nftables: readonly ListedEntry[] };
  if (!Array.isArray(nftables)) {
    throw new TypeError('nft printed JSON without an nftables list');
  }
  let flags: unknown = null;
  const chains: string[] = [];
  const rules: string[] = [];
  const packets: Record<string, number> = {};
  for (const entry of nftables) {
    if (entry.chain !== undefined) {
      chains.push(canonical(entry.chain));
    } else if (entry.set !== undefined) {
      const { elem: _elements, ...set } = entry.set;
      rules.push(canonical({ set }));
    } else if (entry.rule !== undefined) {
      const rule = entry.rule;
      rules.push(`${rule.chain}: ${canonical(rule.expr)} ${rule.comment ?? ''}`);
      countPackets(rule, packets);
    } else if (entry.table !== undefined) {
      flags = entry.table.flags ?? null;
    } else if (entry.metainfo === undefined) {
      rules.push(canonical(entry));
    }
  }
  // nft 1.0.6 prints nonsense for the value, but names the member for tables that have flags alone.
  return { flags: JSON.stringify(flags), chains: chains.sort(), rules, packets };
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (key, member: unknown) => (volatile.has(key) ? undefined : member));
}

const volatile = new Set(['handle', 'packets', 'bytes', 'index']);

function countPackets(rule: ListedRule, packets: Record<string, number>): void {
  for (const { counter } of rule.expr) {
    if (counter?.packets !== undefined && rule.comment !== undefined) {
      packets[rule.comment] = (packets[rule.comment] ?? 0) + counter.packets;
    }
  }
}
