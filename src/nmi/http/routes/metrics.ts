import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Metrics } from '../../../runtime/metrics.ts';

/** `/metrics`, for Prometheus. */
export function createMetricsHandler(metrics: Metrics) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if ((request.url ?? '').split('?')[0] !== '/metrics') {
      response.writeHead(404, { 'Content-Length': 0 }).end();
      return;
    }
    const text = await metrics.text();
    response.writeHead(200, {
      'Content-Type': metrics.contentType,
      'Content-Length': Buffer.byteLength(text),
    });
    response.end(text);
  };
}
