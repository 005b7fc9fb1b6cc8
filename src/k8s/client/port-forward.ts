import { request } from 'node:http';
import { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { PodAnswer } from '../../domain/kubernetes/workloads.ts';
import { systemErrorCode } from '../../errors/system-error-code.ts';
import { type ClusterAccess, unreachable } from './kube-rest.ts';
import { readBody } from './open-request.ts';

/** Of the API server and the kubelet: a first byte names the stream, the port's bytes or its error. */
const protocol = 'v4.channel.k8s.io';
const data = 0;
const fault = 1;
/** Each stream begins with the number of its port. */
const portBytes = 2;
const mostBytes = 16 * 1024 * 1024;

export interface ForwardedQuestion {
  /** `/api/v1/namespaces/NAMESPACE/pods/NAME` */
  readonly podPath: string;
  readonly port: number;
  /** What is asked of the pod. */
  readonly path: string;
}

/**
 * Asks a port of a pod through the kubelet of its node, as `kubectl port-forward` does. To the pod it is a
 * connection from the pod itself, so that what is closed to the network answers.
 *
 * @throws PodidError ClusterUnreachable, with a detail of code Forbidden where the right is missing; and the signal's reason
 */
export async function askThroughKubelet(
  access: ClusterAccess,
  { podPath, port, path }: ForwardedQuestion,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<PodAnswer> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const { server, headers, agent, explain } = access;
  const url = `${server.replace(/\/+$/, '').replace(/^http/, 'ws')}${podPath}/portforward?ports=${port}`;
  const socket = new WebSocket(url, [protocol], {
    headers,
    ...(agent ? { agent } : {}),
    handshakeTimeout: timeoutMs,
    maxPayload: mostBytes,
    followRedirects: false,
  });
  const end = () => socket.terminate();
  limit.addEventListener('abort', end);
  // Before it is open: the first frames come at once.
  const stream = streamOf(socket);
  try {
    await opened(socket);
    return await askOver(stream, path, limit);
  } catch (error) {
    signal.throwIfAborted();
    // What has a code is of the way there: a proxy, a certificate, a connection that was cut.
    const fault = systemErrorCode(error) === undefined ? undefined : await explain?.(error);
    const said = error instanceof Error ? error.message : 'no answer';
    const reason = fault?.reason ?? (said === refusal ? refusedText : said);
    throw unreachable(new URL(server).host, said === refusal ? 'Forbidden' : 'EPORTFORWARD', {
      ...fault,
      reason: `port ${port} of the pod through its kubelet: ${reason.replace(/\.$/, '')}.`,
    });
  } finally {
    limit.removeEventListener('abort', end);
    end();
  }
}

/** What a missing right looks like to the library, which reads nothing of the server's sentence. */
const refusal = 'Unexpected server response: 403';
const refusedText = 'the API server refused it (403), since it takes create and get of pods/portforward';

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the connection was closed')));
  });
}

async function askOver(stream: Duplex, path: string, signal: AbortSignal): Promise<PodAnswer> {
  const question = request({
    path,
    headers: { host: 'localhost', connection: 'close' },
    signal,
    createConnection: () => stream,
  });
  const answer = await new Promise<Parameters<typeof readBody>[0]>((resolve, reject) => {
    question.on('response', resolve);
    question.on('error', reject);
    question.end();
  });
  return { status: answer.statusCode ?? 0, text: await readBody(answer, mostBytes) };
}

/** The bytes of the forwarded port. */
function streamOf(socket: WebSocket): Duplex {
  const begun = new Set<number>();
  const stream = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _, done) {
      socket.send(Buffer.concat([Buffer.of(data), chunk]), done);
    },
    destroy(error, done) {
      socket.terminate();
      done(error);
    },
  });
  socket.on('message', (message) => {
    const frame = Buffer.isBuffer(message) ? message : Buffer.alloc(0);
    const channel = frame[0] ?? data;
    const bytes = frame.subarray(1 + (begun.has(channel) ? 0 : portBytes));
    begun.add(channel);
    if (channel === fault && bytes.length > 0) {
      stream.destroy(new Error(bytes.toString('utf8').trim().slice(0, 300)));
    } else if (channel === data && bytes.length > 0) {
      stream.push(bytes);
    }
  });
  socket.on('close', () => stream.push(null));
  return stream;
}
