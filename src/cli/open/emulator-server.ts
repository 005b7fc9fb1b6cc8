import { readFile } from 'node:fs/promises';
import { startEmulatorCommand } from '../../domain/hints/emulator-command.ts';
import { decodeText } from '../../errors/plain-text.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { parseKubeconfig } from '../../validate/files/kubeconfig.ts';
import { isRecord, type JsonRecord, stringAt } from '../../validate/json-record.ts';

/** The emulator, and what its cluster takes for a sign-in. */
export interface EmulatorServer {
  readonly emulator: URL;
  readonly token: string | undefined;
  readonly key: string;
}

/** What the user of its kubeconfig signs in by. */
export async function tokenIn(kubeconfig: string): Promise<string | undefined> {
  const { users } = parseKubeconfig(decodeText(await readFile(kubeconfig)), kubeconfig);
  return users.map(({ value }) => stringAt(value, 'token')).find((token) => token !== undefined);
}

/** @param path of a list @returns its items @throws PodidError Unavailable */
export async function itemsOf(
  server: EmulatorServer,
  path: string,
  signal: AbortSignal,
): Promise<JsonRecord[]> {
  const list: unknown = JSON.parse(await send(server, path, { method: 'GET', signal }));
  const items = isRecord(list) ? list['items'] : undefined;
  return Array.isArray(items) ? items.filter(isRecord) : [];
}

/** @returns the text of the answer @throws PodidError Unavailable when it does not answer, or answers with an error */
export async function send(
  { emulator, token, key }: EmulatorServer,
  path: string,
  {
    method,
    body,
    signal,
  }: { readonly method: string; readonly body?: unknown; readonly signal: AbortSignal },
): Promise<string> {
  const url = new URL(path, emulator);
  const headers = {
    'content-type': 'application/json',
    'podid-emulator-key': key,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const init = { method, headers, signal, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const response = await fetch(url, init).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new PodidError('Unavailable', `The emulator at ${url.origin} does not answer.`, {
      hint: startEmulatorCommand,
      cause,
    });
  });
  if (!response.ok) {
    throw new PodidError(
      'Unavailable',
      `${url.origin} answers HTTP ${response.status}: it is not an emulator.`,
      {
        hint: startEmulatorCommand,
      },
    );
  }
  return await response.text();
}
