import { isRestError } from '@azure/core-rest-pipeline';
import { loopbackSignInCommand } from '../../domain/hints/emulator-command.ts';
import { advice, command, type Hint } from '../../errors/hint.ts';
import { PodidError, type PodidErrorOptions } from '../../errors/podid-error.ts';
import { type ArmAnswer, type ArmFault, armAnswer, armFault, azureRetryAfterMs } from './arm-answer.ts';
import type { ArmRequest, KnownFault } from './arm-request.ts';
import { forbidden } from './explain-forbidden.ts';
import { signedOut } from './explain-signed-out.ts';
import { messageOf, shown } from './fault-text.ts';
import { networkFaultOf } from './network-policy.ts';
import { pageFacts, pageHint } from './web-page.ts';
import { answerFaults } from './whole-answer-policy.ts';

/**
 * Turns whatever an SDK call threw into an error a user can act on. @param answer the raw answer, where one
 * was seen
 */
export function mapArmError(error: unknown, request: ArmRequest, answer?: ArmAnswer): PodidError {
  if (error instanceof PodidError) {
    return error;
  }
  const isBroken = isRestError(error) && Object.values<string | undefined>(answerFaults).includes(error.code);
  const seen =
    answer ?? (isRestError(error) && error.response !== undefined ? armAnswer(error.response) : undefined);
  if (seen !== undefined && !isBroken) {
    return mapArmAnswer(seen, request);
  }
  // The SDK's own sentence, which has no code: no attempt more would send the token.
  if (error instanceof Error && /not permitted for non-TLS/.test(error.message)) {
    const why =
      'PODID_ARM_ENDPOINT is plain http, over which podid sends PODID_ARM_TOKEN and no other sign-in';
    return new PodidError('InvalidUsage', `Cannot ${request.doing}: ${why}.`, {
      hint: loopbackSignInCommand,
      target: request.scope,
    });
  }
  const network = isBroken ? undefined : networkFaultOf(error);
  const page = isRestError(error) && error.code === answerFaults.webPage ? seen : undefined;
  const reason = network?.reason ?? (page === undefined ? reasonOf(error) : pageReason(page));
  const pageAdvice = page === undefined ? undefined : pageHint('Azure', page.proxy);
  return new PodidError('Unavailable', `Azure could not be reached to ${request.doing}: ${reason}`, {
    hint: network?.hint ?? pageAdvice ?? advice`Try the same command again in a moment.`,
    target: request.scope,
    ...(seen === undefined ? {} : answerFacts(seen)),
  });
}

/** An answer other than 2xx, by status and code. */
export function mapArmAnswer(answer: ArmAnswer, request: ArmRequest): PodidError {
  const fault = armFault(answer);
  const facts = answerFacts(answer);
  const options: PodidErrorOptions = {
    target: request.scope,
    ...facts,
    ...(fault.message === '' && fault.code === ''
      ? {}
      : { details: [{ code: fault.code, message: shown(fault.message) }] }),
  };
  const { code, message, ...more } =
    request.known?.(fault) ?? generalFault(answer, { fault, request, askedMs: facts.retryAfterMs ?? 0 });
  return new PodidError(code, message, { ...options, ...more });
}

interface Asked {
  readonly fault: ArmFault;
  readonly request: ArmRequest;
  /** How long Azure asks to wait. */
  readonly askedMs: number;
}

function generalFault(answer: ArmAnswer, { fault, request, askedMs }: Asked): KnownFault {
  const { status } = fault;
  if (fault.isOtherManagers && status !== 401) {
    const page = unavailable(request, pageReason(answer));
    return status >= 500 ? page : { ...page, hint: pageHint('Azure', answer.proxy) };
  }
  if (status === 401) {
    return signedOut(fault, request);
  }
  if (status === 403) {
    return forbidden(fault, request);
  }
  if (status === 404 && request.notFound !== undefined) {
    return {
      code: request.notFound,
      message: `Cannot ${request.doing}: ${messageOf(fault)}`,
      hint: notFoundHint(fault, request),
    };
  }
  if (status === 408 || status === 429 || status >= 500) {
    return askedMs < 1000 ? unavailable(request, messageOf(fault)) : toldToWait(fault, request, askedMs);
  }
  if (status < 300) {
    return unavailable(request, `it answered with HTTP ${status}, which does not hold what was asked`);
  }
  if (status < 400) {
    return unavailable(request, `it answered with a redirect, HTTP ${status}, which podid never follows`);
  }
  if (status === 412) {
    const message = `The resource changed meanwhile; cannot ${request.doing}: ${messageOf(fault)}`;
    return { code: 'StaleCluster', message };
  }
  return refused(fault, request);
}

function pageReason({ text, status, proxy }: ArmAnswer): string {
  return `a web page came back${pageFacts(text, status, proxy)}.`;
}

function unavailable(request: ArmRequest, why: string): KnownFault {
  return {
    code: 'Unavailable',
    message: `Azure could not ${request.doing}: ${why}`,
    hint: advice`Try the same command again in a moment.`,
  };
}

function toldToWait(fault: ArmFault, request: ArmRequest, askedMs: number): KnownFault {
  const seconds = Math.ceil(askedMs / 1000);
  return {
    code: 'Unavailable',
    message: `Azure could not ${request.doing}, and asks podid to wait ${seconds} s: ${messageOf(fault)}`,
    hint: advice`Run the same command again in ${seconds} s; before that Azure is likely to refuse it once more.`,
  };
}

function refused(fault: ArmFault, request: ArmRequest): KnownFault {
  const hints: Readonly<Record<string, Hint>> = {
    ScopeLocked: advice`Remove the lock: az lock list, az lock delete`,
    MissingSubscriptionRegistration: advice`az provider register --namespace Microsoft.ContainerService`,
    ReadOnlyDisabledSubscription: advice`The subscription is disabled; enable it in the portal.`,
    ResourceGroupBeingDeleted: advice`Wait until the resource group is gone, then create it again.`,
  };
  return {
    code: 'AzureRefused',
    message: `Azure refused to ${request.doing}: ${messageOf(fault)}`,
    hint:
      hints[fault.code] ??
      advice`Fix what Azure names, then run the same command again; Azure's support can look up the request id.`,
  };
}

/** What lists the nearest thing that may be there: the names of the scope are those that were asked for. */
function notFoundHint(fault: ArmFault, { scope, notFound }: ArmRequest): Hint {
  const [, subscription = '', group = ''] =
    /^\/subscriptions\/([^/]+)(?:\/resourceGroups\/([^/]+))?/i.exec(scope) ?? [];
  if (subscription === '' || fault.code.includes('Subscription')) {
    return advice`az account list -o table`;
  }
  const within = ['--subscription', subscription, '-o', 'table'];
  if (notFound === 'ClusterNotFound') {
    return command('podid cluster list --subscription', subscription);
  }
  const isGroupGone = group === '' || fault.code === 'ResourceGroupNotFound';
  if (isGroupGone) {
    return command('az group list', ...within);
  }
  return notFound === 'IdentityNotFound'
    ? command('podid identity list -g', group, '--subscription', subscription)
    : command('az resource list -g', group, ...within);
}

/**
 * Ids to quote to Azure's support, and how long the server asks to wait; a date counts from the answer's own
 * `Date`.
 */
function answerFacts(
  answer: ArmAnswer,
): Pick<PodidErrorOptions, 'requestId' | 'correlationId' | 'retryAfterMs'> {
  const waitMs = azureRetryAfterMs(
    { get: (name) => answer.header(name) },
    Date.parse(answer.header('date') ?? ''),
  );
  const requestId = answer.header('x-ms-request-id');
  const correlationId = answer.header('x-ms-correlation-request-id');
  return {
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(correlationId === undefined ? {} : { correlationId }),
  };
}

/** Codes of the SDK and of Node are safe to show; messages may hold URLs. */
function reasonOf(error: unknown): string {
  if (!isRestError(error)) {
    return 'the connection failed.';
  }
  const reasons: Readonly<Record<string, string>> = {
    [answerFaults.timedOut]: 'no answer in time.',
    [answerFaults.cut]: 'the connection was cut.',
    [answerFaults.notJson]: 'the answer is not JSON.',
    [answerFaults.empty]: 'an empty answer came back.',
    [answerFaults.tooLong]: 'the answer is longer than 64 MiB.',
    [answerFaults.upgraded]: 'the connection was switched to another protocol.',
  };
  return reasons[error.code ?? ''] ?? `${error.code ?? 'the connection failed'}.`;
}
