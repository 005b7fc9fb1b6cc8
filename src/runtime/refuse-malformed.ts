import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** What is no HTTP gets a line that says so, and nothing else. */
export function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** The clients of IMDS send ten, and a proxy in the pod adds as many; two thousand cost as much as fifty requests. */
export const mostHeaders = 100;

/** The status of a request that nobody is to read; the server must keep one header more than may be. */
export function faultOf(request: IncomingMessage): 400 | 431 | undefined {
  if (request.rawHeaders.length > 2 * mostHeaders) {
    return 431;
  }
  return namesOneHost(request) ? undefined : 400;
}

/** Two readers could take a doubled Host differently; before HTTP/1.1 there need be none. */
function namesOneHost({ rawHeaders, httpVersion }: IncomingMessage): boolean {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    hosts += rawHeaders[i]?.length === 4 && rawHeaders[i]?.toLowerCase() === 'host' ? 1 : 0;
  }
  return hosts === 1 || (hosts === 0 && httpVersion !== '1.1');
}
