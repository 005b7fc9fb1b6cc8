import { readFile } from 'node:fs/promises';
import type { NodeFacts } from './diagnose-node.ts';
import { earlierRedirects, type ListedChain, listChains } from './earlier-redirects.ts';
import { earlierIptablesRules } from './iptables/earlier-iptables-rules.ts';
import { linkLocalTarget } from './local-target.ts';
import type { RedirectOptions, RedirectTarget } from './redirect-options.ts';
import type { RunTool } from './run-tool.ts';

/**
 * Written by Cilium's agent on each node; holds `#define ENABLE_HOST_ROUTING` when eBPF moves the packets
 * (Cilium's source, pkg/datapath).
 */
const ciliumNodeConfig = '/var/run/cilium/state/globals/node_config.h';

export interface FactsOptions
  extends Pick<RedirectOptions, 'backend' | 'metadataIp' | 'metadataPort' | 'port'> {
  /** Numeric user of the agent's server; undefined when anyone may listen. */
  readonly serverUser?: number;
  readonly ciliumNodeConfig?: string;
}

/**
 * Looks at the node. Nothing here lists the rules of a table that grows with the cluster, but for the list of its
 * services with `--rules-backend=iptables`.
 */
export async function readNodeFacts(
  run: RunTool,
  options: FactsOptions,
  found: { readonly target: RedirectTarget; readonly hostPortPods: readonly string[] },
): Promise<NodeFacts> {
  const chains = listChains(run);
  const [upstreamChain, earlier, above, cilium, tcp, tcp6] = await Promise.all([
    chains.then((all) => hasUpstreamChain(run, all)),
    chains.then((all) => earlierRedirects(run, options, all)),
    options.backend === 'iptables' ? earlierIptablesRules(run, options) : [],
    readFile(options.ciliumNodeConfig ?? ciliumNodeConfig, 'utf8').catch(() => ''),
    readFile('/proc/net/tcp', 'utf8').catch(() => ''),
    readFile('/proc/net/tcp6', 'utf8').catch(() => ''),
  ]);
  const users = listenersOn(`${tcp}\n${tcp6}`, options.port).map(({ user }) => user);
  return {
    backend: options.backend,
    port: options.port,
    ebpfHostRouting: /^#define\s+ENABLE_HOST_ROUTING\b/m.test(cilium),
    earlierRedirects: [...earlier, ...above],
    upstreamChain,
    hostPortPods: found.hostPortPods,
    linkLocal: found.target.address === linkLocalTarget,
    othersOnPort:
      options.serverUser === undefined
        ? []
        : [...new Set(users.filter((user) => user !== options.serverUser))],
  };
}

/**
 * Both backends of iptables; the legacy one only when the kernel has its tables already, since asking creates
 * them.
 */
async function hasUpstreamChain(run: RunTool, chains: readonly ListedChain[]): Promise<boolean> {
  if (chains.some(({ family, table, name }) => `${family} ${table} ${name}` === 'ip nat aad-metadata')) {
    return true;
  }
  const legacyTables = await readFile('/proc/net/ip_tables_names', 'utf8').catch(() => '');
  if (!/^nat$/m.test(legacyTables)) {
    return false;
  }
  const listing = ['-w', '-t', 'nat', '-S', 'aad-metadata'];
  return run('iptables-legacy', listing).then(
    ({ code }) => code === 0,
    () => false,
  );
}

/** A TCP socket that accepts connections. */
export interface Listener {
  /** Hexadecimal, as the kernel prints it. */
  readonly address: string;
  /** Numeric user id of the process. */
  readonly user: number;
}

/** State LISTEN in /proc/net/tcp (<net/tcp_states.h>). */
const listen = '0A';

/** Who listens on a port, from the text of /proc/net/tcp and /proc/net/tcp6. */
export function listenersOn(procNetTcp: string, port: number): readonly Listener[] {
  return procNetTcp.split('\n').flatMap((line) => {
    const [, local, , state, , , , user] = line.trim().split(/\s+/);
    const [address, hexPort] = local?.split(':') ?? [];
    return state === listen && address && hexPort && Number.parseInt(hexPort, 16) === port
      ? [{ address, user: Number(user) }]
      : [];
  });
}
