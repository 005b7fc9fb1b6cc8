import type { NmiSettings } from '../nmi-settings.ts';
import type { RunRulesOptions } from './run-rules.ts';

/** The settings, as the rules room takes them. */
export function rulesOptions({ flags, serverUser }: NmiSettings): RunRulesOptions {
  return {
    listenAddress: flags['nmi-listen-address'],
    port: flags['nmi-port'],
    metadataIp: flags['metadata-ip'],
    metadataPort: flags['metadata-port'],
    blockWireserver: flags['block-wireserver'],
    backend: flags['rules-backend'] === 'iptables' ? 'iptables' : 'nft',
    intervalMs: flags['ipt-update-interval-sec'] * 1000,
    addressGuard: flags['address-guard'] === 'off' ? 'off' : 'auto',
    cniResultsDir: flags['cni-results-dir'],
    ...(serverUser === undefined ? {} : { serverUser }),
  };
}
