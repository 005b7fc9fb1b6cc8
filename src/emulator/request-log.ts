import type { JsonObject } from './exact-json.ts';
import { type EmulatorRequest, jsonBody } from './http.ts';
import { keyHeader } from './request-guard.ts';

/** One request, in the order in which requests came in. */
export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly rawQuery: string;
  readonly apiVersion: string | null;
  /** `clusters.put` and the like; `unexpected` where ARM knows no such path. */
  readonly operation: string;
  readonly unexpected: boolean;
  /** Authorization masked. */
  readonly headers: Readonly<Record<string, string>>;
  /** As sent, byte for byte; forms of the token endpoint masked. */
  readonly bodyText: string;
  /** null until it is answered, and for connections that were dropped. */
  status: number | null;
}

export function logEntry(request: EmulatorRequest, operation: string): LoggedRequest {
  const headers = Object.entries(request.headers).map(([name, value]) => [
    name,
    name === 'authorization' ? mask(String(value)) : name === keyHeader ? '***' : String(value),
  ]);
  return {
    method: request.method,
    path: request.path,
    rawQuery: request.rawQuery,
    apiVersion: request.query.get('api-version'),
    operation,
    unexpected: operation === 'unexpected',
    headers: Object.fromEntries(headers) as Record<string, string>,
    bodyText: operation === 'entra.token' ? maskForm(request.bodyText) : request.bodyText,
    status: null,
  };
}

export function asDocument(entry: LoggedRequest): JsonObject {
  const body = jsonBody({ bodyText: entry.bodyText } as EmulatorRequest);
  return { ...entry, headers: { ...entry.headers }, body: body ?? null };
}

function mask(authorization: string): string {
  return `${authorization.split(' ')[0]} ***`;
}

function maskForm(text: string): string {
  return text.replace(/((?:^|&)(?:client_secret|client_assertion|refresh_token|password)=)[^&]*/g, '$1***');
}
