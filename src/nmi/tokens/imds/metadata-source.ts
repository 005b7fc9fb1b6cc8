import { exchange, type HttpAnswer } from '../bounded-exchange.ts';
import type { MetadataBudget } from './metadata-budget.ts';

export interface MetadataAnswer {
  readonly kind: 'answer';
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
}

export interface MetadataSource {
  /**
   * Asks IMDS, or repeats its answer of seconds ago.
   * @param target path and query, built by `metadataTarget`
   * @param askerId for fair turns
   * @returns undefined when IMDS gave nothing that can be passed on
   * @throws TokenRefused 503 when too many wait or nothing came in time; Node's error when IMDS is away; the
   * signal's reason
   */
  get(target: string, askerId: string, signal: AbortSignal): Promise<MetadataAnswer | undefined>;
}

export interface MetadataSourceOptions {
  readonly address: string;
  readonly port: number;
  readonly userAgent: string;
  readonly budget: MetadataBudget;
}

const largestBytes = 256 * 1024;
/** What IMDS says to a client; everything else becomes 503. */
const passedOn: ReadonlySet<number> = new Set([200, 400, 403, 404, 405, 410, 429]);

/** The rest of IMDS: slow, small, and asked for by many in the same words. */
export function createMetadataSource({
  address,
  port,
  userAgent,
  budget,
}: MetadataSourceOptions): MetadataSource {
  const fetch = (target: string) => (signal: AbortSignal) =>
    exchange({
      request: {
        protocol: 'http:',
        host: address,
        port,
        path: target,
        headers: { Metadata: 'true', 'User-Agent': userAgent },
      },
      maxBytes: largestBytes,
      signal,
    });
  return {
    async get(target, askerId, signal) {
      return passOn(await budget.answer({ target, askerId }, fetch(target), signal));
    },
  };
}

function passOn({ status, headers, body }: HttpAnswer): MetadataAnswer | undefined {
  return passedOn.has(status)
    ? { kind: 'answer', status, type: headers['content-type'] ?? 'application/json', body }
    : undefined;
}
