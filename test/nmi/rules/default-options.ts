import type { RedirectOptions } from '../../../src/nmi/rules/redirect-options.ts';

/** What upstream's flags say when nobody sets them. */
export const defaultOptions: RedirectOptions = {
  listenAddress: '127.0.0.1',
  port: 2579,
  metadataIp: '169.254.169.254',
  metadataPort: 80,
  blockWireserver: false,
  newConnectionsPerSec: 200,
  closedPorts: [9090, 8080],
  openPorts: [],
  backend: 'nft',
};
