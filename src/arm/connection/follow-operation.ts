import type { FollowOptions, Operation, OperationEnd } from '../../domain/ports.ts';
import { advice, command, type Hint } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import { innermostError } from '../../validate/azure/innermost-error.ts';
import { isRecord, type JsonRecord, stringAt } from '../../validate/json-record.ts';
import { type ArmAnswer, azureRetryAfterMs } from './arm-answer.ts';
import type { ArmConnection } from './arm-connection.ts';
import type { ArmRequest } from './arm-request.ts';
import { mapArmAnswer } from './map-arm-error.ts';
import { maskSecrets } from './mask-secrets.ts';

const ends = ['Succeeded', 'Failed', 'Canceled'] as const;

/**
 * A record may show up late and be thrown away in time; this many answers in a row that it is unknown are
 * believed.
 */
const unknownBelieved = 5;

/** A server that asks for more has no idea of its own operation. */
const longestWaitMs = 10 * 60_000;

interface Following extends Pick<FollowOptions, 'pollIntervalMs' | 'onStatus' | 'signal'> {
  /** The right that a poll takes, where the operation is not of AKS. */
  readonly action?: string;
  /** What shows how the change ended, where `podid status` does not. */
  readonly readHint?: Hint;
}

/**
 * Polls an operation to its end. Any status that is not terminal means that it runs (AKS writes
 * `ReconcilingAddons` and the like). A transient failure on a poll says nothing about the operation, so 5xx,
 * 429, web pages, cut and hung connections are polled again until the signal ends. Nothing is sent anywhere
 * but to ARM: the connection checks the URL.
 *
 * Any refusal of a poll but the one for a missing right is Unavailable: Azure has accepted the change, and
 * the cluster's own state says how it ended.
 *
 * @throws PodidError NotSignedIn (no credential) | Forbidden | Unavailable (the operation cannot be
 * followed), and the signal's reason
 */
export async function followOperation(
  connection: ArmConnection,
  operation: Operation,
  options: Following,
): Promise<OperationEnd> {
  const { readHint = advice`${command('podid status')}  # shows how the change ended.` } = options;
  if (!URL.canParse(operation.url, connection.endpoint.url)) {
    throw leadsElsewhere(readHint);
  }
  const about = requestAbout(connection, operation, options.action);
  if (!connection.endpoint.mayReceiveToken(operation.url)) {
    throw leadsElsewhere(readHint);
  }
  let unknownInARow = 0;
  let told = '';
  let waitMs = Math.min(operation.firstPollMs ?? options.pollIntervalMs, longestWaitMs);
  for (;;) {
    await connection.clock.sleep(waitMs, options.signal);
    const answer = await poll(connection, operation, { about, readHint }, options.signal);
    const askedMs = azureRetryAfterMs(headersOf(answer), connection.clock.now());
    waitMs = Math.min(askedMs ?? options.pollIntervalMs, longestWaitMs);
    unknownInARow = answer?.status === 404 ? unknownInARow + 1 : 0;
    if (unknownInARow >= unknownBelieved) {
      throw forgotten(readHint);
    }
    const body = answer?.status === 200 || answer?.status === 202 ? parseRecord(answer.text) : undefined;
    if (body === undefined) {
      continue;
    }
    const end = endOf(body);
    if (end !== undefined) {
      return end;
    }
    const status = maskSecrets(stringAt(body, 'status') ?? '');
    if (status !== '' && status !== told) {
      options.onStatus(status);
    }
    told = status;
  }
}

function requestAbout(
  connection: ArmConnection,
  operation: Operation,
  action = 'Microsoft.ContainerService/locations/operations/read',
): ArmRequest {
  return {
    doing: 'read the running operation',
    action,
    scope: new URL(operation.url, connection.endpoint.url).pathname,
    caller: connection.caller,
  };
}

/**
 * Undefined when a transient failure kept the answer away. @throws PodidError Forbidden | Unavailable with
 * the reason
 */
async function poll(
  connection: ArmConnection,
  operation: Operation,
  { about, readHint }: { readonly about: ArmRequest; readonly readHint: Hint },
  signal: AbortSignal,
): Promise<ArmAnswer | undefined> {
  const answer = await connection
    .send({ method: 'GET', url: operation.url, about }, signal)
    .catch(unlessTransient);
  if (answer === undefined) {
    return undefined;
  }
  const { status } = answer;
  const isFinal = status >= 400 && status < 500 && ![404, 408, 429].includes(status);
  if (!isFinal) {
    return answer;
  }
  const error = mapArmAnswer(answer, about);
  // A web page with a 4xx is a proxy's, and as passing as a 502.
  if (error.code === 'Unavailable') {
    return undefined;
  }
  throw error.code === 'Forbidden' ? error : unusable(error, readHint);
}

function unlessTransient(error: unknown): undefined {
  if (isPodidError(error, 'Unavailable')) {
    return undefined;
  }
  throw error;
}

function headersOf(answer: ArmAnswer | undefined): { get(name: string): string | undefined } | undefined {
  return answer === undefined ? undefined : { get: (name) => answer.header(name) };
}

function endOf(body: JsonRecord): OperationEnd | undefined {
  const said = stringAt(body, 'status')?.toLowerCase();
  const status = ends.find((end) => end.toLowerCase() === (said === 'cancelled' ? 'canceled' : said));
  if (status === undefined) {
    return undefined;
  }
  const error = status === 'Succeeded' ? undefined : innermostError(body['error']);
  return {
    status,
    ...(error === undefined ? {} : { error: { code: error.code, message: maskSecrets(error.message) } }),
  };
}

function parseRecord(text: string): JsonRecord | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return isRecord(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

function leadsElsewhere(readHint: Hint): PodidError {
  return new PodidError(
    'Unavailable',
    'Azure names a host for the operation to which podid does not send the token.',
    {
      hint: advice`Check PODID_ARM_ENDPOINT, --cloud and the proxy; ${readHint}`,
    },
  );
}

function unusable(cause: PodidError, readHint: Hint): PodidError {
  return new PodidError('Unavailable', `The running operation cannot be followed. ${cause.message}`, {
    hint: readHint,
    details: cause.details,
    cause,
  });
}

function forgotten(readHint: Hint): PodidError {
  return new PodidError('Unavailable', 'Azure does not know the running operation any more.', {
    hint: readHint,
  });
}
