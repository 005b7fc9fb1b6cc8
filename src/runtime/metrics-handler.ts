import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../domain/time/clock.ts';
import type { Metrics } from './metrics.ts';

/** How old an answer may be: whoever reads metrics does so every few seconds at most. */
const freshMs = 1_000;

/**
 * `/metrics`, for Prometheus. The numbers are put together once a second at most, and once for all who ask
 * meanwhile: any pod that reaches the port may ask, as often as it likes.
 */
export function createMetricsHandler(
  metrics: Pick<Metrics, 'text' | 'contentType'>,
  clock: Pick<Clock, 'monotonic'>,
) {
  let made: { readonly atMs: number; readonly text: Promise<Buffer> } | undefined;
  const latest = (): Promise<Buffer> => {
    const nowMs = clock.monotonic();
    if (made === undefined || nowMs - made.atMs >= freshMs) {
      const text = metrics.text().then((each) => Buffer.from(each));
      const own = { atMs: nowMs, text };
      made = own;
      // What could not be put together is tried again for the next who asks.
      text.catch(() => {
        made = made === own ? undefined : made;
      });
    }
    return made.text;
  };
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if ((request.url ?? '').split('?')[0] !== '/metrics') {
      response.writeHead(404, { 'Content-Length': 0 }).end();
      return;
    }
    const text = await latest();
    response.writeHead(200, { 'Content-Type': metrics.contentType, 'Content-Length': text.byteLength });
    response.end(text);
  };
}
