import { isLoopbackHost } from '../../domain/azure/loopback-host.ts';
import type { ApiServerHosts } from '../../domain/clusters/cluster.ts';
import { advice, command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';

/**
 * Whether the caller's token of Entra's may go to the server that a kubeconfig from ARM names. The token is
 * good for every AKS cluster that the caller may use, so it goes to the cluster's own API server alone, by
 * name and over TLS. Only an ARM that is itself on loopback, an emulator, may name a server on loopback.
 *
 * @param server as the kubeconfig has it
 * @throws PodidError ClusterUnreachable
 */
export function checkTokenServer(server: string, { names, besideLoopbackArm }: ApiServerHosts): void {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url !== undefined && besideLoopbackArm && isLoopbackHost(url.hostname)) {
    return;
  }
  if (url?.protocol === 'https:' && names.includes(url.hostname)) {
    return;
  }
  const known = names.length === 0 ? 'of which Azure names no host' : `which is at ${names.join(' or ')}`;
  const message = `The kubeconfig that Azure gave for the cluster leads to ${url?.origin ?? 'no URL'}. podid sends your Entra token to the cluster's own API server alone, ${known}, and only over https.`;
  throw new PodidError('ClusterUnreachable', message, {
    hint: advice`Look at what Azure names (az aks show -g GROUP -n CLUSTER --query "[fqdn, privateFqdn]"); where the other server is yours: ${command('podid mirror --kubeconfig FILE')}`,
  });
}
