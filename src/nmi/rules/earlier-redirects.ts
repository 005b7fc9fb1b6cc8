import { BlockList, isIPv4 } from 'node:net';
import { ownTable } from './nft/render-nft-table.ts';
import type { RunTool } from './run-tool.ts';

/** A chain as `nft` lists it; with a hook where packets come in by it. */
export interface ListedChain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly type?: string;
  readonly hook?: string;
  readonly prio?: number;
}

/**
 * Priority of podid's own redirect; of two hooks of one priority, the one that was registered later comes
 * first.
 */
const ownPriority = { nft: -110, iptables: -100 } as const;

/** All chains of the node without their rules; none where nft does not say. */
export async function listChains(run: RunTool): Promise<readonly ListedChain[]> {
  return parseChains(await quietly(run, ['-j', 'list', 'chains']));
}

/**
 * Others' nftables tables that decide about NAT before podid's redirect and name the metadata address, or a
 * range that holds it, on the way of pods (prerouting) or of the agent itself (output): a connection keeps the
 * first NAT it is given. Rules are listed only of such tables, since a busy node has tens of thousands.
 * @returns `family table chain`
 */
export async function earlierRedirects(
  run: RunTool,
  { backend, metadataIp }: { readonly backend: 'nft' | 'iptables'; readonly metadataIp: string },
  chains: readonly ListedChain[],
): Promise<readonly string[]> {
  const early = chains.filter((chain) => comesFirst(chain, ownPriority[backend]));
  const named: string[] = [];
  for (const { family, table, name } of early) {
    if (namesAddress(await quietly(run, ['-n', 'list', 'table', family, table]), metadataIp)) {
      named.push(`${family} ${table} ${name}`);
    }
  }
  return named;
}

function parseChains(listing: string): readonly ListedChain[] {
  try {
    const { nftables } = JSON.parse(listing) as { nftables: readonly { chain?: ListedChain }[] };
    return nftables.flatMap(({ chain }) => (chain === undefined ? [] : [chain]));
  } catch {
    return [];
  }
}

function comesFirst({ family, table, name, type, hook, prio }: ListedChain, priority: number): boolean {
  const isOwn = family === ownTable.family && table === ownTable.name;
  const isIptables = family === 'ip' && table === 'nat' && (name === 'PREROUTING' || name === 'OUTPUT');
  const isOnTheWay = hook === 'prerouting' || hook === 'output';
  return !isOwn && !isIptables && type === 'nat' && isOnTheWay && (prio ?? 0) <= priority;
}

/** @param text with addresses as nft and iptables write them: `10.0.0.1`, `10.0.0.0/8`, `10.0.0.1-10.0.0.9` */
export function namesAddress(text: string, address: string): boolean {
  return [...text.matchAll(/(\d+(?:\.\d+){3})(?:\/(\d+)|-(\d+(?:\.\d+){3}))?/g)].some(
    ([, first = '', bits, last]) => {
      if (!isIPv4(first)) {
        return false;
      }
      const list = new BlockList();
      try {
        if (bits !== undefined) {
          list.addSubnet(first, Number(bits));
        } else {
          list.addRange(first, last ?? first);
        }
      } catch {
        return false;
      }
      return list.check(address);
    },
  );
}

async function quietly(run: RunTool, args: readonly string[]): Promise<string> {
  try {
    const { code, stdout } = await run('nft', args);
    return code === 0 ? stdout : '';
  } catch {
    return '';
  }
}
