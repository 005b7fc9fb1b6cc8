import { parseRetryAfter } from '../../domain/time/retry-after.ts';
import { advice, command, type Hint, othersText } from '../../errors/hint.ts';
import { isPodidError, PodidError, type PodidErrorOptions } from '../../errors/podid-error.ts';
import { fileErrorText, systemErrorCode } from '../../errors/system-error-code.ts';
import { isRecord, stringAt } from '../../validate/json-record.ts';
import { maskSecrets } from '../connection/mask-secrets.ts';
import { isWebPage, pageFacts, pageHint } from '../connection/web-page.ts';
import type { Exchange } from './entra-client.ts';
import { asksPerson, entraHint, isPassingEntraCode } from './entra-codes.ts';

/** Whose sign-in failed, as far as the message needs it. */
export interface Refused {
  /** Of the source. */
  readonly name: string;
  /** Where the cause has none of its own. */
  readonly hint: Hint;
  /** Where Entra wants a person, whom this source cannot ask; absent: it does, by signing in again. */
  readonly forPerson?: Hint;
  /** Of the application. */
  readonly clientId?: string | undefined;
  /** What it signs in by, where that is a file. */
  readonly file?: string | undefined;
  /** The metadata service of this machine is asked, and not Entra. */
  readonly isLocal?: true;
}

/**
 * Why a set-up source gave no token: by what came back last, whose own sentence is in the message; by the library's
 * words only where nothing was sent.
 *
 * Unavailable where it may pass by itself or lies on the way; NotSignedIn where Entra, or whoever else was asked, said
 * no.
 */
export function explainRefusal(error: unknown, exchange: Exchange | undefined, refused: Refused): PodidError {
  if (isPodidError(error)) {
    return error;
  }
  if (exchange?.fault !== undefined) {
    const { reason, hint, code } = exchange.fault;
    if (refused.isLocal && notThere.has(code)) {
      return new PodidError('NotSignedIn', `No managed identity is to be had on this machine: ${reason}`, {
        hint: refused.hint,
        cause: error,
      });
    }
    return new PodidError(
      'Unavailable',
      `${partner(exchange, refused)} could not be reached for the sign-in by ${refused.name}: ${reason}`,
      { hint },
    );
  }
  if (exchange?.status !== undefined) {
    return explainAnswer(exchange, exchange.status, refused) ?? explainLocal(error, refused);
  }
  return explainLocal(error, refused);
}

/** Undefined where the answer was fine, and the fault is in what the library made of it. */
function explainAnswer(exchange: Exchange, status: number, refused: Refused): PodidError | undefined {
  const { host, body = '', headers, proxy } = exchange;
  if (isWebPage(body)) {
    const message = `A web page came back from ${host} for the sign-in by ${refused.name}${pageFacts(body, status, proxy)}.`;
    return new PodidError('Unavailable', message, { hint: pageHint(host, proxy) });
  }
  const said = saidIn(body);
  const sentence = said.sentence === '' ? `HTTP ${status}` : said.sentence;
  const facts: PodidErrorOptions = {
    ...(said.correlationId === undefined ? {} : { correlationId: said.correlationId }),
    ...(said.sentence === '' ? {} : { details: [{ code: said.code, message: said.sentence }] }),
  };
  if (status === 408 || status === 429 || status >= 500 || isPassingEntraCode(said)) {
    const askedMs = parseRetryAfter(headers?.get('retry-after'), Number.NaN);
    return new PodidError(
      'Unavailable',
      `${partner(exchange, refused)} gave no token for the sign-in by ${refused.name}, HTTP ${status}${said.sentence === '' ? '.' : `: ${sentence}`}`,
      {
        ...facts,
        hint: advice`Try the same command again in a moment.`,
        ...(askedMs === undefined ? {} : { retryAfterMs: askedMs }),
      },
    );
  }
  if (status >= 400) {
    return new PodidError(
      'NotSignedIn',
      `${partner(exchange, refused)} refused the sign-in by ${refused.name}: ${sentence}`,
      { ...facts, hint: hintAfterRefusal(said, refused) },
    );
  }
  if (said.sentence === '' && !isToken(body)) {
    const message = `What ${host} answered to the sign-in by ${refused.name} is not a token, HTTP ${status}: ${beginning(body)}`;
    return new PodidError('Unavailable', message, {
      hint: advice`Check AZURE_AUTHORITY_HOST, --cloud and the proxy.`,
    });
  }
  return undefined;
}

function hintAfterRefusal(said: Said, { hint, forPerson = hint, clientId }: Refused): Hint {
  return asksPerson(said) ? forPerson : (entraHint(said, clientId) ?? hint);
}

function explainLocal(error: unknown, { name, hint, file }: Refused): PodidError {
  return new PodidError('NotSignedIn', `The sign-in by ${name} failed: ${localReason(error, file)}`, {
    hint,
    cause: error,
  });
}

/** Of a file the reason in words and its path; of the library its first sentence, without links. */
function localReason(error: unknown, itsFile: string | undefined): string {
  const path = (error as { path?: unknown } | undefined)?.path;
  if (systemErrorCode(error) !== undefined && typeof path === 'string') {
    return `${path} cannot be read: ${fileErrorText(error)}.`;
  }
  const message = error instanceof Error ? error.message : String(error);
  // The library hands on what Node says of a file as words alone.
  // A folder is opened, and then not read, and Node names it no more.
  const [, code, file = itsFile] = /\b(E[A-Z]+): [^,]+, (?:open '([^']+)'|read\b)/.exec(message) ?? [];
  if (code !== undefined && file !== undefined) {
    return `${file} cannot be read: ${fileErrorText(Object.assign(new Error(message), { code }))}.`;
  }
  const [first = ''] = message
    .replace(/^\w+Credential: /, '')
    .split(/\s*(?:To troubleshoot|See the troubleshooting|\n)/, 1);
  return maskSecrets(first).slice(0, 500);
}

/** Where no metadata service is, nothing takes the connection. */
const notThere = new Set([
  'ENETUNREACH',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ECONNREFUSED',
  'ETIMEDOUT',
  'PODID_TIMED_OUT',
]);

interface Said {
  readonly code: string;
  /** `''`: none. */
  readonly sentence: string;
  readonly correlationId?: string;
}

/**
 * Entra's `error_description` without the ids behind its sentence; the same of a metadata service; the `message` of
 * Azure DevOps.
 */
export function saidIn(body: string): Said {
  const json = parse(body);
  const record = isRecord(json) ? json : {};
  const whole = stringAt(record, 'error_description') ?? stringAt(record, 'message') ?? '';
  const [text = ''] = whole.split(/\s*Trace ID:/, 1);
  const sentence = maskSecrets(text.replace(/\s+/g, ' ').trim()).slice(0, 1500);
  const code = /\bAADSTS\d+/.exec(sentence)?.[0] ?? stringAt(record, 'error') ?? '';
  const correlationId = stringAt(record, 'correlation_id');
  return {
    code,
    sentence: sentence === '' && code !== '' ? code : sentence,
    ...(correlationId === undefined ? {} : { correlationId }),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isToken(body: string): boolean {
  const json = parse(body);
  return (
    isRecord(json) &&
    (typeof json['access_token'] === 'string' || 'token_endpoint' in json || 'metadata' in json)
  );
}

/** Nothing behind a word that may name a token. */
export function beginning(text: string): string {
  const [safe = ''] = maskSecrets(text)
    .trim()
    .split(/"?[\w-]*token/i, 1);
  const short = safe.replace(/\s+/g, ' ').slice(0, 80);
  return short === '' ? 'nothing.' : JSON.stringify(short);
}

function partner({ host }: Exchange, { isLocal }: Refused): string {
  const asked = isLocal ? 'The metadata service (IMDS)' : 'Entra';
  return /(?:^|\.)(?:dev\.azure\.com|visualstudio\.com)$/.test(host) ? `Azure DevOps (${host})` : asked;
}

/** For sources that a person has set up by variables. */
export function variablesHint(name: string): Hint {
  return advice`Fix the variables of this source (${othersText(name)}), or choose another: ${command('--auth', 'az')}`;
}

/** For sources that sign in without anybody there. */
export const personHint: Hint = advice`Variables cannot answer what Entra asks a person; sign in as one: ${command('--auth', 'device-code')}, or ${command('az login')}, then ${command('--auth', 'az')}`;
