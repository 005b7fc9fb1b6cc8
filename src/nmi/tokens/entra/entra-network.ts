import type { INetworkModule, NetworkRequestOptions, NetworkResponse } from '@azure/msal-node';
import type { Network } from '../../../network/network.ts';
import type { HttpAnswer } from '../bounded-exchange.ts';
import { parseJsonObject } from '../parse-token-answer.ts';
import { postToEntra, whyNoAnswer } from './post-to-entra.ts';

/**
 * The library's way out: the one token endpoint. It keeps the answer as it came, since the library reports less than
 * what it got.
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
    const { pathname, origin } = new URL(url);
    if (`${origin}${pathname}` !== this.#tokenEndpoint) {
      throw new Error('Only the token endpoint is asked.');
    }
    const post = { url, headers: { ...sent?.headers }, body: sent?.body ?? '' };
    try {
      this.answer = await postToEntra(post, this.#network, this.#signal);
    } catch (error) {
      // What the library makes of it may quote the request, and is not shown.
      this.failure = await whyNoAnswer(error, url, this.#network);
      throw error;
    }
    // The library only has to know how it ended; the body is read where the answer is judged.
    return {
      status: this.answer.status,
      headers: {},
      body: (parseJsonObject(this.answer.body) ?? {}) as T,
    };
  }
}
