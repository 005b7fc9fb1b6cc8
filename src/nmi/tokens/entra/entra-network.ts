import type { OutgoingHttpHeaders } from 'node:http';
import type { INetworkModule, NetworkRequestOptions, NetworkResponse } from '@azure/msal-node';
import { isPodidError } from '../../../errors/podid-error.ts';
import type { Network } from '../../../network/network.ts';
import { exchange, type HttpAnswer } from '../bounded-exchange.ts';
import { parseJsonObject } from '../parse-token-answer.ts';

const mostBytes = 256 * 1024;

/**
 * The library's way out: the one token endpoint, no redirects, no retries, bounded, ended by the signal. It
 * keeps the answer as it came, since the library reports less than what it got.
 */
export class EntraNetwork implements INetworkModule {
  answer: HttpAnswer | undefined;
  /** Why there is no answer, in words, without a full stop. */
  failure = 'no request was made';
  readonly #tokenEndpoint: string;
  readonly #network: Network;
  readonly #signal: AbortSignal;

  constructor(tokenEndpoint: string, network: Network, signal: AbortSignal) {
    this.#tokenEndpoint = tokenEndpoint;
    this.#network = network;
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
    try {
      const agent = await this.#network.agentFor(url);
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
          ...(agent ? { agent } : {}),
        },
        body,
        maxBytes: mostBytes,
        signal: this.#signal,
      });
    } catch (error) {
      // What the library makes of it may quote the request, and is not shown.
      await this.#keepFailure(error, url);
      throw error;
    }
    // The library only has to know how it ended; the body is read where the answer is judged.
    return {
      status: this.answer.status,
      headers: {},
      body: (parseJsonObject(this.answer.body) ?? {}) as T,
    };
  }

  async #keepFailure(error: unknown, url: string): Promise<void> {
    this.failure = isPodidError(error)
      ? error.message
      : (await this.#network.explain(error, url)).reason.replace(/\.$/, '');
  }
}
