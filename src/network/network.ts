import type { Agent } from 'node:http';
import type { ConnectionOptions } from 'node:tls';
import type { NetworkFault } from './explain-network-fault.ts';
import type { OwnAuthorities } from './own-authorities.ts';
import { chooseProxy, type Environment, type NamedProxy, passedProxy, readProxy } from './proxy-choice.ts';

export interface WayOut {
  /** Of the connection to the server: an authority, a client's certificate. */
  readonly tls?: ConnectionOptions;
  /** Instead of what the environment names: `proxy-url` of a kubeconfig. */
  readonly proxyUrl?: string | undefined;
}

/** How this machine reaches others: the environment's proxies, and the authorities it names. */
export interface Network {
  /**
   * The agent for requests to a URL; undefined where Node's own will do. One for each proxy, where no `tls` is given.
   *
   * @throws PodidError InvalidUsage when the proxy that is named cannot be one
   */
  agentFor(url: string, way?: WayOut): Promise<Agent | undefined>;
  /** The proxy on the way to a URL. @throws PodidError as `agentFor` */
  proxyFor(url: string): NamedProxy | undefined;
  /** Whether the way to a URL leads through a proxy. @throws PodidError as `agentFor` */
  isProxied(url: string, way?: Pick<WayOut, 'proxyUrl'>): boolean;
  /** Why nothing came back from a URL, in words, and what to do about it. */
  explain(error: unknown, url: string, way?: Pick<WayOut, 'proxyUrl'>): Promise<NetworkFault>;
}

/** @param environment of the process; read when a way is asked for */
export function createNetwork(environment: Environment): Network {
  let reading: Promise<OwnAuthorities> | undefined;
  const agents = new Map<string, Promise<Agent>>();
  const authorities = () => {
    reading ??= readAuthorities(environment);
    return reading;
  };
  const proxyOf = (url: string, proxyUrl: string | undefined): NamedProxy | undefined =>
    proxyUrl === undefined
      ? chooseProxy(environment, new URL(url))
      : asKubectl(readProxy(proxyUrl, 'proxy-url of the kubeconfig'));
  const make = async (proxy: NamedProxy | undefined, tls: ConnectionOptions): Promise<Agent> => {
    const [{ Agent: TlsAgent }, { createSecureContext }] = await Promise.all([
      import('node:https'),
      import('node:tls'),
    ]);
    const ca = [...((await authorities()).ca ?? [])];
    // A context that is made once spares each connection the reading of some hundred certificates.
    const own = ca.length === 0 ? {} : { secureContext: createSecureContext({ ca }) };
    const toServer = isEmpty(tls) ? own : { ...(ca.length === 0 ? {} : { ca }), ...tls };
    if (proxy === undefined) {
      return new TlsAgent({ keepAlive: true, timeout: idleMs, ...toServer });
    }
    const { createProxyAgent } = await import('./proxy-agent.ts');
    return await createProxyAgent(proxy, toServer, own);
  };
  return {
    proxyFor: (url) => proxyOf(url, undefined),
    isProxied: (url, { proxyUrl } = {}) => proxyOf(url, proxyUrl) !== undefined,
    async agentFor(url, { tls = {}, proxyUrl } = {}) {
      const proxy = proxyOf(url, proxyUrl);
      const isPlain = isEmpty(tls);
      if (proxy === undefined && isPlain && (await authorities()).ca === undefined) {
        return undefined;
      }
      if (proxy === undefined && !url.startsWith('https:')) {
        return undefined;
      }
      if (!isPlain) {
        return make(proxy, tls);
      }
      const key = proxy?.url.href ?? '';
      const agent = agents.get(key) ?? make(proxy, {});
      agents.set(key, agent);
      return agent;
    },
    async explain(error, url, { proxyUrl } = {}) {
      const { explainNetworkFault } = await import('./explain-network-fault.ts');
      return explainNetworkFault(error, {
        host: new URL(url).host,
        proxy: proxyOf(url, proxyUrl),
        passed: proxyUrl === undefined ? passedProxy(environment, new URL(url)) : undefined,
        authorities: await authorities(),
        trustsMore: Boolean(environment['NODE_EXTRA_CA_CERTS']),
      });
    },
  };
}

/** Most commands need nothing of it, so the reader is loaded where a variable is set. */
async function readAuthorities(environment: Environment): Promise<OwnAuthorities> {
  if (!authorityVariables.some((name) => environment[name])) {
    return { used: [], unusable: [] };
  }
  const { readOwnAuthorities } = await import('./own-authorities.ts');
  return await readOwnAuthorities(environment, authorityVariables);
}

/** By which other programs are told of a company's authority: az and pip, curl, Go. */
const authorityVariables = ['REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'SSL_CERT_FILE'] as const;

function isEmpty(tls: ConnectionOptions): boolean {
  return Object.keys(tls).length === 0;
}

/** None is kept idle for as long as load balancers take to forget it. */
const idleMs = 10_000;

/** To kubectl `socks5` is what `socks5h` is to curl: the proxy resolves the name, which may be known there alone. */
function asKubectl(proxy: NamedProxy): NamedProxy {
  return { ...proxy, url: new URL(proxy.url.href.replace(/^socks5:/, 'socks5h:')) };
}
