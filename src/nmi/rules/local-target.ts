import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import type { RedirectOptions, RedirectTarget } from './redirect-options.ts';
import { mustRun, type RunTool } from './run-tool.ts';

/**
 * The address on `lo` to which pods are sent where the kernel refuses to route to 127.0.0.0/8. Link-local, so
 * nobody routes to it from afar; chosen apart from those of node-local DNS (169.254.20.10, 169.254.25.10),
 * Calico (169.254.1.1) and IMDS.
 */
export const linkLocalTarget = '169.254.79.25';

export interface LocalTarget {
  /** Where the rules should send pods as things are now. */
  current(): Promise<RedirectTarget>;
  /** The same, after adding the link-local address when it is needed. */
  prepare(): Promise<RedirectTarget>;
  remove(): Promise<void>;
}

/**
 * Chooses where a pod's connection ends on the node. DNAT to 127.0.0.1 needs `route_localnet`, which
 * kube-proxy sets for its own ends and a container may not set. Once the link-local address is there it
 * stays, since established connections end on it.
 */
export function localTarget(options: RedirectOptions, run: RunTool): LocalTarget {
  const { listenAddress, port } = options;
  const loopback = listenAddress === '0.0.0.0' || listenAddress.startsWith('127.');
  const current = async (): Promise<RedirectTarget> => {
    if (!loopback) {
      return { address: listenAddress, port };
    }
    const linkLocal = !(await routeLocalnet()) || hasLinkLocal();
    return { address: linkLocal ? linkLocalTarget : '127.0.0.1', port };
  };
  return {
    current,
    async prepare() {
      const target = await current();
      if (target.address === linkLocalTarget && !hasLinkLocal()) {
        await mustRun(run, 'ip', ['addr', 'add', `${linkLocalTarget}/32`, 'dev', 'lo']);
      }
      return target;
    },
    async remove() {
      if (hasLinkLocal()) {
        await mustRun(run, 'ip', ['addr', 'del', `${linkLocalTarget}/32`, 'dev', 'lo']);
      }
    },
  };
}

/** Only `all` counts: a value of one interface says nothing about that of the next pod. */
async function routeLocalnet(): Promise<boolean> {
  return (await readFile('/proc/sys/net/ipv4/conf/all/route_localnet', 'utf8')).trim() === '1';
}

function hasLinkLocal(): boolean {
  return (networkInterfaces()['lo'] ?? []).some(({ cidr }) => cidr === `${linkLocalTarget}/32`);
}
