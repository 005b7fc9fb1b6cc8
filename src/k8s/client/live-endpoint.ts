import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
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

/** @param read absent for an endpoint that no file describes */
export function createLiveEndpoint(first: ApiEndpoint, read?: ReadEndpoint): LiveEndpoint {
  const agents = new Set<HttpAgent>();
  const connect = (endpoint: ApiEndpoint) => {
    const agent = createAgent(endpoint);
    agents.add(agent);
    return { endpoint, agent, content: contentOf(endpoint) };
  };
  let known = connect(first);
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
    const next = await read?.().catch(() => undefined);
    if (next === undefined || contentOf(next) === known.content) {
      return;
    }
    // What runs on the earlier connections may end by itself; what is idle would be used again.
    for (const sockets of Object.values(known.agent.freeSockets)) {
      for (const socket of sockets ?? []) {
        socket.destroy();
      }
    }
    known = connect(next);
  };
  return {
    async route() {
      await refresh();
      const { endpoint, agent } = known;
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
function contentOf({ server, tls }: ApiEndpoint): string {
  return JSON.stringify([server, tls]);
}
