import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { type Json, parseJson, writeJson } from './exact-json.ts';

export interface EmulatorRequest {
  /** Upper case. */
  readonly method: string;
  /** Path without query, as sent: percent-encodings and casing kept, in ARM with single slashes. */
  readonly path: string;
  /** What follows `?`, byte for byte; empty when there is none. */
  readonly rawQuery: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly bodyText: string;
}

export interface EmulatorResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Written as JSON; wins over `text`. */
  readonly body?: Json;
  readonly text?: string;
  /** What it takes before it is answered. `end` is called in any case, just before the answer. */
  readonly pause?: { readonly emulatorMs: number; readonly end: () => void };
}

/**
 * What answers one part of the address space by plain `node:http` means, because it streams: Kubernetes
 * watches, and IMDS.
 * @returns false when the path is none of its own; it has then written nothing
 */
export interface MountedRoutes {
  handle(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<boolean>;
  close(): void;
}

/** Thrown by a handler to end with this answer. */
export class ErrorAnswer extends Error {
  override readonly name = 'ErrorAnswer';
  readonly response: EmulatorResponse;

  constructor(response: EmulatorResponse) {
    super(`refused with ${response.status}`);
    this.response = response;
  }
}

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

export function asEmulatorRequest(request: IncomingMessage, body: Buffer): EmulatorRequest {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  const rawQuery = mark < 0 ? '' : url.slice(mark + 1);
  return {
    method: (request.method ?? 'GET').toUpperCase(),
    path: plainPath(mark < 0 ? url : url.slice(0, mark)),
    rawQuery,
    query: new URLSearchParams(rawQuery),
    headers: request.headers,
    bodyText: body.toString('utf8'),
  };
}

/** ARM takes two slashes for one, which az sends in `az resource show --resource-type`. */
function plainPath(path: string): string {
  return /^\/subscriptions\//i.test(path) ? path.replaceAll(/\/{2,}/g, '/') : path;
}

/** @returns undefined when the body is empty or no JSON */
export function jsonBody(request: EmulatorRequest): Json | undefined {
  try {
    return request.bodyText === '' ? undefined : parseJson(request.bodyText);
  } catch {
    return undefined;
  }
}

export function contentOf(response: EmulatorResponse): { text: string; contentType: string } {
  if (response.body !== undefined) {
    return { text: writeJson(response.body), contentType: 'application/json; charset=utf-8' };
  }
  return { text: response.text ?? '', contentType: response.headers?.['content-type'] ?? 'text/plain' };
}
