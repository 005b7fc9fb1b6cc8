import type { Agent, OutgoingHttpHeaders } from 'node:http';
import { rootCertificates } from 'node:tls';
import type { INetworkModule, NetworkRequestOptions, NetworkResponse } from '@azure/msal-node';
import { systemErrorCode } from '../../../errors/system-error-code.ts';
import { exchange, type HttpAnswer } from '../bounded-exchange.ts';
import { parseJsonObject } from '../parse-token-answer.ts';

export interface EntraNetworkOptions {
  readonly proxyUrl?: string | undefined;
  readonly ca?: string | undefined;
}

const mostBytes = 256 * 1024;

/**
 * The library's way out: the one token endpoint, no redirects, no retries, bounded, ended by the signal. It
 * keeps the answer as it came, since the library reports less than what it got.
 */
export class EntraNetwork implements INetworkModule {
  answer: HttpAnswer | undefined;
  /** A word for people when there is no answer: an error code. */
  failure = 'no request was made';
  readonly #tokenEndpoint: string;
  readonly #options: EntraNetworkOptions;
  readonly #signal: AbortSignal;

  constructor(tokenEndpoint: string, options: EntraNetworkOptions, signal: AbortSignal) {
    this.#tokenEndpoint = tokenEndpoint;
    this.#options = options;
    this.#signal = signal;
  }

  sendGetRequestAsync<T>(): Promise<NetworkResponse<T>> {
    return Promise.reject(new Error('Only the token endpoint is asked.'));
  }

  async sendPostRequestAsync<T>(url: string, sent?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    const { protocol, hostname, port, pathname, search, origin } = new URL(url);
    if (`${origin}${pathname}` !== this.#tokenEndpoint) {
      throw new Error('Only the token endpoint is asked.');
    }
    const body = sent?.body ?? '';
    const agent = await this.#agent();
    this.answer = await exchange({
      request: {
        protocol,
        hostname,
        port,
        method: 'POST',
        path: `${pathname}${search}`,
        headers: {
          ...sent?.headers,
          'content-length': Buffer.byteLength(body),
        } satisfies OutgoingHttpHeaders,
        ...this.#trust(),
        ...(agent ? { agent } : {}),
      },
      body,
      maxBytes: mostBytes,
      signal: this.#signal,
    });
    // The library only has to know how it ended; the body is read where the answer is judged.
    return {
      status: this.answer.status,
      headers: {},
      body: (parseJsonObject(this.answer.body) ?? {}) as T,
    };
  }

  /**
   * What the library threw counts when nothing came back; its text may quote the request and is not shown.
   */
  keepUnexplained(error: unknown): void {
    const code = systemErrorCode(error) ?? '';
    this.failure = /^\w+$/.test(code) ? code : 'no answer';
  }

  #trust(): { ca?: readonly string[] } {
    return this.#options.ca === undefined ? {} : { ca: [...rootCertificates, this.#options.ca] };
  }

  async #agent(): Promise<Agent | undefined> {
    if (this.#options.proxyUrl === undefined) {
      return undefined;
    }
    const { HttpsProxyAgent } = await import('https-proxy-agent');
    return new HttpsProxyAgent(this.#options.proxyUrl);
  }
}
