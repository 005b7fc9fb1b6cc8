import { fileURLToPath } from 'node:url';
import type { ApiServer } from './api-server.ts';

const shipped = fileURLToPath(new URL('../../deploy/crds', import.meta.url));

/** Installs the four definitions as they are shipped, and waits until they are served. */
export function installDefinitions(api: ApiServer): void {
  api.kubectl('apply', '--server-side', '-f', shipped);
  const kinds = [
    ...['azureidentities', 'azureidentitybindings', 'azurepodidentityexceptions', 'azureassignedidentities'],
  ].map((kind) => `crd/${kind}.aadpodidentity.k8s.io`);
  api.kubectl('wait', '--for=condition=Established', '--timeout=60s', ...kinds);
}
