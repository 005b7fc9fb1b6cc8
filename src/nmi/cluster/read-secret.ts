import { type ApiConnection, ApiFailure } from '../../k8s/client/api-connection.ts';
import { isRecord, stringMapAt } from '../../validate/json-record.ts';

/**
 * The decoded data of one Secret; undefined when there is none of that name. Read each time, never kept.
 * @throws ApiFailure for any other error answer; Node's error when the server is away; the signal's reason
 */
export async function readSecret(
  connection: ApiConnection,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<Readonly<Record<string, Uint8Array>> | undefined> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`;
  try {
    return parseSecretData(await connection.getJson(path, signal));
  } catch (error) {
    if (error instanceof ApiFailure && error.status === 404) {
      return undefined;
    }
    throw error;
  }
}

/** The decoded `data` of a Secret, by key; empty for anything else. */
export function parseSecretData(json: unknown): Record<string, Uint8Array> {
  const data = (isRecord(json) ? stringMapAt(json, 'data') : undefined) ?? {};
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Uint8Array.from(Buffer.from(value, 'base64'))]),
  );
}
