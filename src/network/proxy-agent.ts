import type { Agent, ClientRequest } from 'node:http';
import type { ConnectionOptions } from 'node:tls';
import { systemErrorCode } from '../errors/system-error-code.ts';
import type { NamedProxy } from './proxy-choice.ts';

/**
 * What became of the way to a proxy or through it. The message is a clause for people; the code and it are all that
 * clients of the SDK keep of an error.
 */
export class ProxyFault extends Error {
  override readonly name = 'ProxyFault';
  readonly code: ProxyFaultCode;

  constructor(code: ProxyFaultCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

export const proxyFaults = {
  /** It wants a user and password, or others than those it was given. */
  wantsSignIn: 'PODID_PROXY_WANTS_SIGN_IN',
  /** It does not let anybody through to that host. */
  refused: 'PODID_PROXY_REFUSED',
  /** It could not reach the host: passing trouble. */
  failed: 'PODID_PROXY_FAILED',
  /** Nothing that is a proxy answers. */
  away: 'PODID_PROXY_AWAY',
} as const;

type ProxyFaultCode = (typeof proxyFaults)[keyof typeof proxyFaults];

interface ConnectAnswer {
  readonly statusCode: number;
  readonly statusText: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** An agent of the two libraries, as far as it is taken hold of here. */
interface TunnelAgent extends Agent {
  connect(request: ClientRequest, options: Target): Promise<unknown>;
}

type Target = ConnectionOptions & { readonly host?: string | undefined; readonly port?: number | undefined };

/**
 * Tunnels each request through the proxy, plain ones as well, and says by a ProxyFault where the proxy is at fault:
 * the libraries hand on its refusal as if the server had answered.
 *
 * @param tls for the connection to the server, beyond what a request says
 * @param toProxy for the connection to a proxy that itself speaks TLS
 */
export async function createProxyAgent(
  proxy: NamedProxy,
  tls: ConnectionOptions,
  toProxy: ConnectionOptions,
): Promise<Agent> {
  const agent = await tunnelAgent(proxy, toProxy);
  const connect = agent.connect.bind(agent);
  agent.connect = async (request, options) => {
    let answer: ConnectAnswer | undefined;
    request.once('proxyConnect', (connected: ConnectAnswer) => {
      answer = connected;
    });
    const host = `${options.host}:${options.port}`;
    const socket = await connect(request, { ...options, ...tls }).catch((error: unknown) => {
      throw away(proxy, error);
    });
    if (answer !== undefined && answer.statusCode !== 200) {
      (socket as { destroy?: () => void }).destroy?.();
      throw refusal(proxy, host, answer);
    }
    return socket;
  };
  return agent;
}

/** Loaded only where there is a proxy. */
async function tunnelAgent({ url }: NamedProxy, toProxy: ConnectionOptions): Promise<TunnelAgent> {
  if (url.protocol.startsWith('socks')) {
    const { socksAgent } = await import('./socks-agent.ts');
    return socksAgent(url) as unknown as TunnelAgent;
  }
  const { HttpsProxyAgent } = await import('https-proxy-agent');
  return new HttpsProxyAgent(url, toProxy as object) as unknown as TunnelAgent;
}

function refusal({ url, origin }: NamedProxy, host: string, answer: ConnectAnswer): ProxyFault {
  const { statusCode, statusText, headers } = answer;
  const status = `${statusCode} ${statusText}`.trim().slice(0, 100);
  if (statusCode === 407) {
    const schemes = [headers['proxy-authenticate'] ?? []].flat().map((each) => each.split(/[\s,]/)[0]);
    const wanted = schemes.length === 0 ? '' : `, and takes ${schemes.join(', ')}`;
    const given = url.username === '' ? 'wants a user and password' : 'does not accept the user and password';
    return new ProxyFault(proxyFaults.wantsSignIn, `the proxy ${origin} ${given} (${status})${wanted}.`);
  }
  if (statusCode >= 500 || statusCode === 408 || statusCode === 429) {
    return new ProxyFault(proxyFaults.failed, `the proxy ${origin} could not reach ${host} (${status}).`);
  }
  return new ProxyFault(
    proxyFaults.refused,
    `the proxy ${origin} lets nobody through to ${host} (${status}).`,
  );
}

function away({ origin }: NamedProxy, error: unknown): ProxyFault {
  const why = systemErrorCode(error) ?? (error instanceof Error ? error.message : 'no reason');
  return new ProxyFault(proxyFaults.away, `the proxy ${origin} cannot be used (${why}).`, error);
}
