import type { IncomingMessage, ServerResponse } from 'node:http';
import { isLoopback, normalAddress } from '../../cluster/pod-index.ts';

/**
 * Beside the metrics, for the node itself even where those are open to others: the kubelet by which `pods/portforward`
 * comes, and an API server on this node. Whoever else asks gets 403, and other methods than GET 405.
 *
 * @returns whether it was refused, and answered
 */
export function refuseOthers(
  request: IncomingMessage,
  response: ServerResponse,
  { what, readBy }: { readonly what: string; readonly readBy: string },
): boolean {
  if (request.method !== 'GET') {
    answerText(response, 405, `${what} is read with GET.`);
    return true;
  }
  if (!isOwnNode(request)) {
    answerText(
      response,
      403,
      `${what} is for this node alone: ${readBy} reads it as kubectl port-forward does.`,
    );
    return true;
  }
  return false;
}

/** From loopback, or from the very address that it came to. A pod with an address of its own has neither. */
function isOwnNode({ socket }: IncomingMessage): boolean {
  const [peer, own] = [socket.remoteAddress ?? '', socket.localAddress ?? ''].map(normalAddress);
  return peer !== undefined && peer !== '' && (isLoopback(peer) || peer === own);
}

export function answerText(response: ServerResponse, status: number, text: string): void {
  answerBody(response, status, 'text/plain; charset=utf-8', Buffer.from(text));
}

export function answerBody(response: ServerResponse, status: number, type: string, body: Buffer): void {
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': body.byteLength,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(body);
}
