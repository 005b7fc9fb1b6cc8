import type { OutgoingHttpHeaders } from 'node:http';
import { isPodidError } from '../../../errors/podid-error.ts';
import type { Network } from '../../../network/network.ts';
import { exchange, type HttpAnswer } from '../bounded-exchange.ts';

const mostBytes = 256 * 1024;

export interface EntraPost {
  /** A token endpoint. */
  readonly url: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string;
}

/**
 * One POST to a token endpoint: past the proxies that the environment names, no redirects, no retries, bounded.
 * @throws the signal's reason; whatever kept the answer away, which `whyNoAnswer` puts in words
 */
export async function postToEntra(
  { url, headers, body }: EntraPost,
  network: Network,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const { protocol, hostname, port, pathname, search } = new URL(url);
  const agent = await network.agentFor(url);
  return await exchange({
    request: {
      protocol,
      hostname,
      port,
      method: 'POST',
      path: `${pathname}${search}`,
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      ...(agent ? { agent } : {}),
    },
    body,
    maxBytes: mostBytes,
    signal,
  });
}

/** Without a full stop, and without anything of the request. */
export async function whyNoAnswer(error: unknown, url: string, network: Network): Promise<string> {
  return isPodidError(error) ? error.message : (await network.explain(error, url)).reason.replace(/\.$/, '');
}
