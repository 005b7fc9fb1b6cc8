import { isRestError, type PipelinePolicy, type ProxySettings } from '@azure/core-rest-pipeline';
import type { NetworkFault } from '../../network/explain-network-fault.ts';
import type { Network } from '../../network/network.ts';
import type { ProxyOnTheWay } from './web-page.ts';

/**
 * For the options of every client and credential of the SDK. Without it the SDK reads the environment when a pipeline
 * is made, fails there on proxies that curl takes, and knows less of NO_PROXY; nothing is ever sent to this one.
 */
export const unusedProxy: ProxySettings = { host: 'http://127.0.0.1', port: 9 };

/** Sends each request the way that the environment names for it, uncompressed, and explains where there was none. */
export function networkPolicy(network: Network): PipelinePolicy {
  return {
    name: 'podidNetwork',
    async sendRequest(request, next) {
      const agent = await network.agentFor(request.url);
      if (agent !== undefined) {
        request.agent = agent;
      }
      if (!request.headers.has('accept-encoding')) {
        // To a request that says nothing a server or a proxy may answer in any encoding (RFC 9110, 12.5.3).
        request.headers.set('accept-encoding', 'identity');
      }
      try {
        return Object.assign(await next(request), { proxyOnTheWay: network.proxyFor(request.url) });
      } catch (error) {
        if (isRestError(error) && error.response !== undefined) {
          Object.assign(error.response, { proxyOnTheWay: network.proxyFor(request.url) });
        } else if (isRestError(error) && !request.abortSignal?.aborted) {
          Object.assign(error, { networkFault: await network.explain(error, request.url) });
        }
        throw error;
      }
    },
  };
}

/** What the policy found out about an error that it let through. */
export function networkFaultOf(error: unknown): NetworkFault | undefined {
  return (error as { networkFault?: NetworkFault } | undefined)?.networkFault;
}

/** The proxy by which an answer came that the policy let through. */
export function proxyOfAnswer(response: object): ProxyOnTheWay | undefined {
  return (response as { proxyOnTheWay?: ProxyOnTheWay }).proxyOnTheWay;
}
