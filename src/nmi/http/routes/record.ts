import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../../domain/time/clock.ts';
import { isLoopback, normalAddress } from '../../cluster/pod-index.ts';
import type { PodRecord } from '../../observe/record/pod-record.ts';

/** Put together once a second at most, as the metrics are. */
const freshMs = 1_000;

/**
 * `/record`, beside the metrics: what each pod of the node asked for last. It names the pods and libraries of all tenants, so
 * that it is for the node itself even where the metrics are open to others: the kubelet by which `pods/portforward`
 * comes, and an API server on this node.
 */
export function createRecordHandler(
  record: Pick<PodRecord, 'document'>,
  clock: Pick<Clock, 'monotonic'>,
): (request: IncomingMessage, response: ServerResponse) => void {
  let made: { readonly atMs: number; readonly text: Buffer } | undefined;
  return (request, response) => {
    if (request.method !== 'GET' || !isOwnNode(request)) {
      const [status, text] =
        request.method === 'GET' ? [403, forTheNode] : [405, 'The record is read with GET.'];
      answer(response, status, 'text/plain; charset=utf-8', Buffer.from(text));
      return;
    }
    const nowMs = clock.monotonic();
    if (made === undefined || nowMs - made.atMs >= freshMs) {
      made = { atMs: nowMs, text: Buffer.from(JSON.stringify(record.document())) };
    }
    answer(response, 200, 'application/json', made.text);
  };
}

const forTheNode =
  'What pods asked for is for this node alone: podid migrate plan reads it as kubectl port-forward does.';

/** From loopback, or from the very address that it came to. A pod with an address of its own has neither. */
function isOwnNode({ socket }: IncomingMessage): boolean {
  const [peer, own] = [socket.remoteAddress ?? '', socket.localAddress ?? ''].map(normalAddress);
  return peer !== undefined && peer !== '' && (isLoopback(peer) || peer === own);
}

function answer(response: ServerResponse, status: number, type: string, body: Buffer): void {
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': body.byteLength,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(body);
}
