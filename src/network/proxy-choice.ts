import { isLoopbackHost } from '../domain/azure/loopback-host.ts';
import { command } from '../errors/hint.ts';
import { PodidError } from '../errors/podid-error.ts';
import { isPastProxy } from './no-proxy.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A proxy, and who named it. */
export interface NamedProxy {
  /** May hold a user and password; only `origin` is fit for a message. */
  readonly url: URL;
  /** Without user and password: `http://proxy.contoso.com:3128`. */
  readonly origin: string;
  /** The variable: `https_proxy`; or `proxy-url` of a kubeconfig. */
  readonly from: string;
}

/** What the agents can speak to. */
const schemes = ['http:', 'https:', 'socks:', 'socks4:', 'socks4a:', 'socks5:', 'socks5h:'];

/**
 * The proxy that the environment has for a URL, as curl chooses it: `https_proxy` or `http_proxy` by the URL's
 * scheme, then `all_proxy`, each before its spelling in capitals, unless `no_proxy` lets the host past it. As curl
 * does, `HTTP_PROXY` in capitals is not read: where podid runs behind a web server it is a header of a stranger's.
 * This machine itself is never reached through a proxy, and neither is what only its own link reaches: the metadata
 * service of its host.
 *
 * @throws PodidError InvalidUsage when what is named is not a proxy
 */
export function chooseProxy(environment: Environment, target: URL): NamedProxy | undefined {
  const from = proxyVariable(environment, target);
  const text = from === undefined ? undefined : environment[from];
  if (from === undefined || text === undefined || passingVariable(environment, target) !== undefined) {
    return undefined;
  }
  return readProxy(text, from);
}

/** A proxy that a host is let past. */
export interface PassedProxy {
  /** The variable that names the proxy: `HTTPS_PROXY`. */
  readonly from: string;
  /** The variable that lets the host past it: `NO_PROXY`. */
  readonly by: string;
}

/** Undefined where no proxy is named for a URL, or the way leads through the one that is. */
export function passedProxy(environment: Environment, target: URL): PassedProxy | undefined {
  const from = proxyVariable(environment, target);
  const by = passingVariable(environment, target);
  return from === undefined || by === undefined ? undefined : { from, by };
}

/** The variable that names a proxy for a URL, whether or not the URL's host is let past it. */
function proxyVariable(environment: Environment, target: URL): string | undefined {
  if (isLoopbackHost(target.hostname) || isLinkLocal(target.hostname)) {
    return undefined;
  }
  const own = target.protocol === 'https:' ? ['https_proxy', 'HTTPS_PROXY'] : ['http_proxy'];
  return [...own, 'all_proxy', 'ALL_PROXY'].find((name) => environment[name]);
}

function passingVariable(environment: Environment, target: URL): string | undefined {
  const by = ['no_proxy', 'NO_PROXY'].find((name) => environment[name]);
  const port = Number(target.port) || (target.protocol === 'https:' ? 443 : 80);
  return by !== undefined && isPastProxy(environment[by] ?? '', target.hostname, port) ? by : undefined;
}

/** 169.254.0.0/16 and fe80::/10: no router passes them on, so no proxy reaches the same host by them. */
function isLinkLocal(host: string): boolean {
  return /^169\.254\.\d+\.\d+$/.test(host) || /^\[fe[89ab][0-9a-f]:/.test(host);
}

/** @param text with or without a scheme; without one it is `http` @throws PodidError InvalidUsage */
export function readProxy(text: string, from: string): NamedProxy {
  const whole = text.includes('://') ? text : `http://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  // It may hold a password, and is not repeated.
  if (url === undefined || url.hostname === '') {
    throw unusable(from, 'is not the URL of a proxy', `${from}=http://HOST:PORT`);
  }
  if (!schemes.includes(url.protocol)) {
    const known = 'http, https, socks4 or socks5';
    throw unusable(
      from,
      `begins with ${url.protocol}//, and podid takes ${known}`,
      `${from}=http://HOST:PORT`,
    );
  }
  if (!isDecodable(url.username) || !isDecodable(url.password)) {
    const why = 'has a % in its user or password that is not written as %25';
    throw unusable(from, why, `${from}=http://USER:PASSWORD@HOST:PORT`);
  }
  return { url, origin: `${url.protocol}//${url.host}`, from };
}

function unusable(from: string, why: string, example: string): PodidError {
  return new PodidError('InvalidUsage', `${from} ${why}.`, { hint: command('export', example) });
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
