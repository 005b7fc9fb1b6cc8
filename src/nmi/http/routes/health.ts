import type { IncomingMessage, ServerResponse } from 'node:http';

/** `/healthz`: alive. `/readyz`: of use, and if not, why. */
export function createHealthHandler(whyNotReady: () => readonly string[]) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const path = (request.url ?? '').split('?')[0];
    if (path !== '/healthz' && path !== '/readyz') {
      plain(response, 404, 'There are /healthz and /readyz.');
      return;
    }
    const faults = whyNotReady();
    const body = faults.length === 0 ? 'Active' : `Not Active\n${faults.join('\n')}`;
    plain(response, path === '/readyz' && faults.length > 0 ? 503 : 200, body);
  };
}

function plain(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(body);
}
