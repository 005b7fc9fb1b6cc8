import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { EmulatorResponse } from './http.ts';

/** The header by which a request to a control route proves that it may; `PODID_EMULATOR_KEY` holds its value. */
export const keyHeader = 'podid-emulator-key';

/** Under which names an emulator is asked, and by whom. */
export interface Guarded {
  readonly port: number;
  /** Random, and known only to whoever reads the emulator's stdout or its private file. */
  readonly key: string;
}

/**
 * A port on loopback is open to every user of the machine and, by a name that is made to lead there, to every
 * page in a browser. So a request has to name the emulator as one of its own, no page may send one, and what
 * controls the emulator or shows its secrets wants the key.
 *
 * @returns the refusal; undefined for a request that may go on
 */
export function refuseStranger(request: IncomingMessage, guarded: Guarded): EmulatorResponse | undefined {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  if (!isOwnHost(request, path, guarded.port)) {
    return refuse(421, 'This host name is none of the emulator.');
  }
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (origin !== undefined || (site !== undefined && site !== 'none')) {
    return refuse(403, 'The emulator answers no page in a browser.');
  }
  if (!/^\/(?:_podid|_imds)(?:\/|$)/i.test(path) || isKey(request.headers[keyHeader], guarded.key)) {
    return undefined;
  }
  return refuse(
    401,
    `Send the emulator's key in the header ${keyHeader}; its environment has it as PODID_EMULATOR_KEY.`,
  );
}

/** The metadata service has an address of its own, by which redirected pods ask. */
const metadataHosts = ['169.254.169.254', '169.254.169.254:80'];

/** Exactly one Host: of two, others might read the other one. */
function isOwnHost({ rawHeaders }: IncomingMessage, path: string, port: number): boolean {
  const hosts = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === 'host');
  const own = ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`);
  const known = /^\/metadata(?:\/|$)/i.test(path) ? [...own, ...metadataHosts] : own;
  return hosts.length === 1 && known.includes(hosts[0]?.toLowerCase() ?? '');
}

/** By digests, so that the time it takes tells nothing. */
function isKey(given: string | string[] | undefined, key: string): boolean {
  const [one, other] = [String(given), key].map((text) => createHash('sha256').update(text).digest());
  return one !== undefined && other !== undefined && timingSafeEqual(one, other);
}

function refuse(status: number, error: string): EmulatorResponse {
  return { status, body: { error } };
}
