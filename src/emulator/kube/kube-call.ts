import type { IncomingMessage, ServerResponse } from 'node:http';
import { badRequest } from './kube-failure.ts';
import type { OpenPages } from './list-objects.ts';
import { isMap } from './objects/kube-object.ts';
import type { KubeStore } from './objects/kube-store.ts';
import { readProtobuf } from './protobuf/read-protobuf.ts';

/** One request on its way through the routes. */
export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
  readonly url: URL;
  readonly store: KubeStore;
  readonly pages: OpenPages;
  readonly bookmarkIntervalMs: number;
}

export interface RequestBody {
  readonly metadata?: unknown;
  readonly dryRun?: unknown;
  readonly preconditions?: unknown;
  readonly [field: string]: unknown;
}

/** @throws KubeFailure 400 on what is no JSON object, 415 on protobuf of other kinds than kubectl's own commands make */
export function parseBody(call: Call): RequestBody {
  const parsed = parseJson(call);
  if (!isMap(parsed)) {
    throw badRequest('The body must be a JSON object.');
  }
  return parsed;
}

/** @throws KubeFailure 400 on what is no JSON, 415 as `parseBody` */
export function parseJson({ body, request }: Call): unknown {
  if (request.headers['content-type']?.includes('protobuf')) {
    return readProtobuf(body);
  }
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw badRequest('The body cannot be read as JSON; the emulator reads no YAML.');
  }
}

export function send({ response }: Call, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
