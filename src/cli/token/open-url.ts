import { type Agent, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Opened, UrlToOpen } from '../../domain/azure/metadata-service.ts';
import { withoutTokens } from './without-tokens.ts';

/** More of an answer is not read: what is shown is less than a page. */
const mostBytes = 64 * 1024;
const mostCharacters = 1000;
/** Storage takes tokens from version 2017-11-09 on, and wants one named. */
const storageVersion = '2021-08-06';

/** How a company's network lets one out. */
interface WayOut {
  agentFor(url: string): Promise<Agent | undefined>;
  explain(error: unknown, url: string): Promise<{ readonly reason: string }>;
}

export interface OpenUrl {
  readonly token: string;
  /** Base of the metadata service. */
  readonly endpoint: string;
  readonly userAgent: string;
  readonly network: () => Promise<WayOut>;
  readonly signal: AbortSignal;
}

/**
 * Opens one URL, once. A redirect is an answer like any other: whoever is named there gets no token.
 *
 * @throws the signal's reason
 */
export async function openUrl(what: UrlToOpen, options: OpenUrl): Promise<Opened> {
  const { token, network, signal } = options;
  const { kind, shown } = what;
  const url = urlOf(what, options);
  // Neither the metadata service nor an emulator is behind a proxy, and plain requests would show it the token.
  const way = kind === 'with the token' && url.protocol === 'https:' ? await network() : undefined;
  try {
    const agent = (await way?.agentFor(url.href)) ?? false;
    const headers = { 'User-Agent': options.userAgent, ...headersOf(what, token) };
    const { status, text } = await get(url, { headers, agent, signal });
    return { kind, shown, status, body: withoutTokens(text, token).slice(0, mostCharacters) };
  } catch (error) {
    signal.throwIfAborted();
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = way === undefined ? `${code ?? message}.` : (await way.explain(error, url.href)).reason;
    return { kind, shown, status: null, reason: withoutTokens(reason, token) };
  }
}

function urlOf(what: UrlToOpen, { endpoint }: OpenUrl): URL {
  return what.kind === 'metadata' ? new URL(`${endpoint.replace(/\/+$/, '')}${what.target}`) : what.url;
}

function headersOf(what: UrlToOpen, token: string): Record<string, string> {
  if (what.kind === 'metadata') {
    return { Metadata: 'true', Accept: 'application/json' };
  }
  return {
    Accept: 'application/json',
    'Accept-Encoding': 'identity',
    Authorization: `Bearer ${token}`,
    ...(/\.(?:core|storage)\./.test(what.url.hostname) ? { 'x-ms-version': storageVersion } : {}),
  };
}

interface Get {
  readonly headers: Readonly<Record<string, string>>;
  readonly agent: Agent | false;
  readonly signal: AbortSignal;
}

function get(url: URL, options: Get): Promise<{ readonly status: number; readonly text: string }> {
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const asked = send(url, options, (response) => {
      readStart(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
    });
    asked.on('error', reject);
    asked.end();
  });
}

async function readStart(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= mostBytes) {
      break;
    }
  }
  return Buffer.concat(chunks).subarray(0, mostBytes).toString('utf8');
}
