import { readFile } from 'node:fs/promises';
import { startEmulatorCommand } from '../../domain/hints/emulator-command.ts';
import { advice } from '../../errors/hint.ts';
import { decodeText } from '../../errors/plain-text.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { fileErrorText } from '../../errors/system-error-code.ts';
import { parseKubeconfig } from '../../validate/files/kubeconfig.ts';
import { isRecord, type JsonRecord, stringAt } from '../../validate/json-record.ts';
import { quoted } from '../../validate/usage-faults.ts';

/** The emulator, and what its cluster takes for a sign-in. */
export interface EmulatorServer {
  readonly emulator: URL;
  readonly token: string | undefined;
  readonly key: string;
}

/** What the user of its kubeconfig signs in by. @throws PodidError InvalidUsage where the file cannot be read */
export async function tokenIn(kubeconfig: string): Promise<string | undefined> {
  const bytes = await readFile(kubeconfig).catch((cause: unknown) => {
    throw new PodidError(
      'InvalidUsage',
      `KUBECONFIG names ${quoted(kubeconfig)}, which cannot be read: ${fileErrorText(cause)}.`,
      {
        hint: advice`Start the emulator, and take the variables that it writes: ${startEmulatorCommand}`,
        cause,
      },
    );
  });
  const { users } = parseKubeconfig(decodeText(bytes), kubeconfig);
  return users.map(({ value }) => stringAt(value, 'token')).find((token) => token !== undefined);
}

/** PEM in base64: whose certificates it is to be asked with over https. */
export async function authorityIn(kubeconfig: string): Promise<string> {
  const { clusters } = parseKubeconfig(decodeText(await readFile(kubeconfig)), kubeconfig);
  const found = clusters.map(({ value }) => stringAt(value, 'certificate-authority-data'));
  return found.find((data) => data !== undefined) ?? '';
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
