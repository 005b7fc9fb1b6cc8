import { isRecord, stringMapAt } from '../../validate/json-record.ts';

/** The decoded `data` of a Secret, by key; empty for anything else. */
export function parseSecretData(json: unknown): Record<string, Uint8Array> {
  const data = (isRecord(json) ? stringMapAt(json, 'data') : undefined) ?? {};
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Uint8Array.from(Buffer.from(value, 'base64'))]),
  );
}
