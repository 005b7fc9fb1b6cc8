import { isRestError, type PipelinePolicy, type ProxySettings } from '@azure/core-rest-pipeline';
import type { NetworkFault } from '../../network/explain-network-fault.ts';
import type { Network } from '../../network/network.ts';

/**
 * For the options of every client and credential of the SDK. Without it the SDK reads the environment when a pipeline
 * is made, fails there on proxies that curl takes, and knows less of NO_PROXY; nothing is ever sent to this one.
 */
export const unusedProxy: ProxySettings = { host: 'http://127.0.0.1', port: 9 };

/** Sends each request the way that the environment names for it, and explains where there was none. */
export function networkPolicy(network: Network): PipelinePolicy {
  return {
    name: 'podidNetwork',
    async sendRequest(request, next) {
      const agent = await network.agentFor(request.url);
      if (agent !== undefined) {
        request.agent = agent;
      }
      try {
        return await next(request);
      } catch (error) {
        if (isRestError(error) && error.response === undefined && !request.abortSignal?.aborted) {
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
