import { advice, command, type Hint, othersText } from '../errors/hint.ts';
import type { OwnAuthorities } from './own-authorities.ts';
import { proxyFaults } from './proxy-agent.ts';
import type { NamedProxy, PassedProxy } from './proxy-choice.ts';

/** Why there was no answer. */
export interface NetworkFault {
  /** Ends a sentence, with its full stop: `the name HOST is not known here (ENOTFOUND).` */
  readonly reason: string;
  readonly hint: Hint;
  /** Whether the same again may come out otherwise, with nothing changed. */
  readonly mayPass: boolean;
}

export interface FaultFacts {
  /** With its port, where it is not the usual one. */
  readonly host: string;
  /** The way that was taken. */
  readonly proxy: NamedProxy | undefined;
  /** The proxy that was not taken because the host is let past it. */
  readonly passed?: PassedProxy | undefined;
  readonly authorities: Pick<OwnAuthorities, 'used' | 'unusable'>;
  /** `NODE_EXTRA_CA_CERTS` is set. */
  readonly trustsMore: boolean;
}

/** @param error of Node's, of a proxy's agent, or of the SDK, which keeps code and message of either */
export function explainNetworkFault(error: unknown, facts: FaultFacts): NetworkFault {
  const { code: given, message = '' } = (error ?? {}) as { code?: unknown; message?: string };
  const code = typeof given === 'string' ? given : '';
  if (code === proxyFaults.wantsSignIn) {
    return { reason: message, hint: proxySignInHint(facts), mayPass: false };
  }
  if (code === proxyFaults.refused || code === proxyFaults.away) {
    return { reason: message, hint: proxyHint(facts), mayPass: code === proxyFaults.away };
  }
  if (code === proxyFaults.failed) {
    return { reason: message, hint: tryAgainHint(facts), mayPass: true };
  }
  const certificate = certificateFaults[code];
  if (certificate !== undefined) {
    const hint = unknownAuthority.has(code) ? authorityHint(facts) : clockHint(code);
    return { reason: `${certificate(facts.host)} (${code}).`, hint, mayPass: false };
  }
  const known = lines[code]?.(facts.host) ?? `no whole answer came from ${facts.host}`;
  const way = facts.proxy === undefined ? passedText(facts) : ` through the proxy ${facts.proxy.origin}`;
  return {
    reason: `${known}${code === '' ? '' : ` (${code})`}${way}.`,
    hint: tryAgainHint(facts),
    mayPass: true,
  };
}

const unknown = (host: string) =>
  `the certificate of ${host} is signed by an authority that this machine does not know (a company's proxy?)`;

const certificateFaults: Readonly<Record<string, (host: string) => string>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknown,
  SELF_SIGNED_CERT_IN_CHAIN: unknown,
  DEPTH_ZERO_SELF_SIGNED_CERT: unknown,
  UNABLE_TO_GET_ISSUER_CERT: unknown,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknown,
  CERT_HAS_EXPIRED: (host) => `the certificate of ${host} has expired`,
  CERT_NOT_YET_VALID: (host) => `the certificate of ${host} is not valid yet`,
  CERT_REVOKED: (host) => `the certificate of ${host} is revoked`,
  CERT_UNTRUSTED: (host) => `the certificate of ${host} is not trusted`,
  CERT_SIGNATURE_FAILURE: (host) => `the certificate of ${host} is wrongly signed`,
  ERR_TLS_CERT_ALTNAME_INVALID: (host) => `the certificate that came from ${host} is for other names`,
};

const unknownAuthority = new Set(
  Object.keys(certificateFaults).filter((code) => certificateFaults[code] === unknown),
);

const lines: Readonly<Record<string, (host: string) => string>> = {
  ENOTFOUND: (host) => `the name ${host} is not known here`,
  EAI_AGAIN: (host) => `the name ${host} could not be looked up`,
  ECONNREFUSED: (host) => `${host} takes no connection`,
  ECONNRESET: (host) => `the connection to ${host} was cut`,
  EPIPE: (host) => `the connection to ${host} was cut`,
  ETIMEDOUT: (host) => `${host} does not answer`,
  EHOSTUNREACH: (host) => `there is no way to ${host}`,
  ENETUNREACH: (host) => `there is no way to ${host}`,
  ERR_SSL_WRONG_VERSION_NUMBER: (host) => `${host} does not speak TLS`,
  EPROTO: (host) => `${host} does not speak TLS as it should`,
};

function authorityHint({ authorities, trustsMore }: FaultFacts): Hint {
  const [unusable] = authorities.unusable;
  if (unusable !== undefined) {
    return advice`${othersText(unusable.variable)} names ${othersText(unusable.path)}, in which podid finds no certificate; put the authority's there, as PEM.`;
  }
  const [used] = authorities.used;
  if (used !== undefined || trustsMore) {
    return advice`Add the authority's certificate, as PEM, to the file that ${othersText(used ?? 'NODE_EXTRA_CA_CERTS')} names.`;
  }
  return advice`${command('export NODE_EXTRA_CA_CERTS=FILE')}  # FILE: the authority's certificate, as PEM; az's REQUESTS_CA_BUNDLE does as well`;
}

function clockHint(code: string): Hint {
  return code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID'
    ? advice`Look at this machine's clock: ${command('date -u')}`
    : advice`Something between here and there answers in its place; ask whoever runs the network.`;
}

function proxySignInHint({ proxy }: FaultFacts): Hint {
  const { from = 'HTTPS_PROXY', url } = proxy ?? {};
  const example = `${from}=${url?.protocol ?? 'http:'}//USER:PASSWORD@${url?.host ?? 'HOST:PORT'}`;
  return /^\w+$/.test(from)
    ? advice`${command('export', example)}  # podid signs in to proxies by user and password (Basic); for Negotiate or NTLM, a helper such as px or cntlm stands between`
    : advice`Give ${named(from)} the user and password: ${othersText(example.slice(from.length + 1))}`;
}

/** A variable, or `proxy-url of the kubeconfig`. */
function named(from: string): Hint {
  return /^\w+$/.test(from) ? advice`${othersText(from)}` : advice`proxy-url of the kubeconfig`;
}

function proxyHint({ proxy, host }: FaultFacts): Hint {
  const from = proxy?.from ?? 'HTTPS_PROXY';
  return advice`Look at ${named(from)}; where ${othersText(host)} is reached without a proxy, add it to NO_PROXY.`;
}

function passedText({ passed }: FaultFacts): string {
  return passed === undefined ? '' : `, past the proxy that ${passed.from} names, since ${passed.by} says so`;
}

function tryAgainHint({ proxy, passed, host }: FaultFacts): Hint {
  if (proxy !== undefined) {
    return advice`Try again in a moment; the way goes through ${othersText(proxy.origin)}, which ${named(proxy.from)} names.`;
  }
  return passed === undefined
    ? advice`Try again in a moment; behind a proxy, set HTTPS_PROXY.`
    : advice`Try again in a moment; where ${othersText(host)} is reached through the proxy of ${othersText(passed.from)}, take it out of ${othersText(passed.by)}.`;
}
