import type { Call } from './kube-call.ts';
import { KubeFailure } from './kube-failure.ts';

/** The store's fault of the hour. @returns true when it has dealt with the request */
export function transientFailure({ store, response, request }: Call): boolean {
  switch (store.faults.away) {
    case 'reset':
      request.socket.resetAndDestroy();
      return true;
    case 'hang':
      return true;
    case '503':
      throw new KubeFailure(503, 'ServiceUnavailable', 'The API server is starting.');
    case '500':
      throw new KubeFailure(500, 'InternalError', 'The API server cannot reach its store.');
    case 'html':
      response.writeHead(502, { 'content-type': 'text/html' }).end('<html><body>Bad gateway</body></html>');
      return true;
    case 'truncated':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '400' });
      response.write('{"kind":"Li', () => response.destroy());
      return true;
    default:
      return false;
  }
}
