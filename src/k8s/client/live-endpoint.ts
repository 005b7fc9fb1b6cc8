import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Network } from '../../network/network.ts';
import type { ApiEndpoint } from './api-endpoint.ts';
import { keepAliveProbeMs } from './open-request.ts';

/** Reads anew where the API server is and how to be sure of it, from the files that say so. */
export type ReadEndpoint = () => Promise<ApiEndpoint>;

/** How to reach the server at this moment. */
export interface Route {
  readonly server: string;
  readonly agent: HttpAgent;
  readonly token: string | undefined;
}

/**
 * An endpoint whose files may change under a process that runs for months: an authority is rotated, a client's
 * certificate renewed, a kubeconfig written anew. A file that cannot be read or used at the moment, since it is being
 * replaced, leaves what was known.
 */
export interface LiveEndpoint {
  /** @throws Node's error when the token's file could never be read */
  route(): Promise<Route>;
  close(): void;
}

export interface LiveEndpointOptions {
  /** Absent for an endpoint that no file describes. */
  readonly read?: ReadEndpoint | undefined;
  /** Absent: no proxy stands in the way. */
  readonly network?: Network | undefined;
}

/** @throws PodidError InvalidUsage when the proxy of the first endpoint cannot be one */
export function createLiveEndpoint(first: ApiEndpoint, options: LiveEndpointOptions = {}): LiveEndpoint {
  const { read, network } = options;
  const agents = new Set<HttpAgent>();
  const isProxied = ({ server, proxyUrl, isInCluster }: ApiEndpoint) =>
    !isInCluster && network?.isProxied(server, { proxyUrl }) === true;
  const readUsable = async () => {
    const next = await read?.();
    if (next !== undefined) {
      isProxied(next);
    }
    return next;
  };
  isProxied(first);
  const connect = async (endpoint: ApiEndpoint) => {
    const { server, tls, proxyUrl } = endpoint;
    const way = isProxied(endpoint) ? await network?.agentFor(server, { tls, proxyUrl }) : undefined;
    const agent = way ?? createAgent(endpoint);
    agents.add(agent);
    return { endpoint, agent, content: contentOf(endpoint) };
  };
  let connecting: ReturnType<typeof connect> | undefined;
  const current = () => {
    connecting ??= connect(first);
    return connecting;
  };
  let lastToken: string | undefined;
  const tokenOf = async (endpoint: ApiEndpoint) => {
    const token = await endpoint.token().catch((error: unknown) => {
      if (lastToken === undefined) {
        throw error;
      }
      return lastToken;
    });
    // Nothing is what a file holds between two tokens; without one, the server would be asked as nobody.
    lastToken = token === '' ? lastToken : token;
    return lastToken;
  };
  const refresh = async () => {
    const [known, next] = await Promise.all([current(), readUsable().catch(() => undefined)]);
    if (next === undefined || next === known.endpoint || contentOf(next) === known.content) {
      return known;
    }
    // What runs on the earlier connections may end by itself; what is idle would be used again.
    for (const sockets of Object.values(known.agent.freeSockets)) {
      for (const socket of sockets ?? []) {
        socket.destroy();
      }
    }
    connecting = connect(next);
    return await connecting;
  };
  return {
    async route() {
      const { endpoint, agent } = await refresh();
      return { server: endpoint.server, agent, token: await tokenOf(endpoint) };
    },
    close() {
      for (const agent of agents) {
        agent.destroy();
      }
    },
  };
}

function createAgent({ server, tls }: ApiEndpoint): HttpAgent {
  const options = { keepAlive: true, keepAliveMsecs: keepAliveProbeMs, ...tls };
  return server.startsWith('https:') ? new HttpsAgent(options) : new HttpAgent(options);
}

/** By content: the kubelet replaces mounted files by links, and times say nothing. */
function contentOf({ server, tls, proxyUrl }: ApiEndpoint): string {
  return JSON.stringify([server, tls, proxyUrl]);
}
