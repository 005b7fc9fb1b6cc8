import type { Clock } from '../../domain/time/clock.ts';
import { withinTime } from '../../domain/time/time-limit.ts';
import type { ClusterView } from '../cluster/cluster-view.ts';
import type { KnownPod } from '../cluster/pod-index.ts';
import { type Decide, exceptedSubject, type IdentityChoice } from '../decide/choose-identity.ts';
import { type ErrorAnswer, tryLater } from '../http/error-answer.ts';
import type { TokenRequest } from '../http/token-request.ts';
import type { TokenAnswer, TokenSubject } from './token.ts';
import type { TokenCache } from './token-cache.ts';
import { TokenRefused } from './token-error.ts';

/** A token for a pod, and how it came about. */
export interface ServedToken {
  readonly kind: 'token';
  readonly answer: TokenAnswer;
  readonly from: 'memory' | 'upstream';
  /** `namespace/name` of the AzureIdentity, or `node` for an excepted pod. */
  readonly identity: string;
  readonly isArbitrary: boolean;
}

export interface TokenServiceOptions {
  readonly view: ClusterView;
  readonly decide: Decide;
  readonly tokens: TokenCache;
  readonly clock: Clock;
  readonly assignmentWaitMs: { readonly nothing: number; readonly created: number };
}

/**
 * From a known pod and its request to a token; the same for pods themselves and for the driver that speaks
 * for them.
 */
export interface TokenService {
  /** The answer, when nothing has to be waited for. */
  now(pod: KnownPod, request: TokenRequest, mayBeExcepted: boolean): ServedToken | ErrorAnswer | undefined;
  serve(asked: AskedToken, signal: AbortSignal): Promise<ServedToken | ErrorAnswer>;
}

export interface AskedToken {
  readonly pod: KnownPod;
  readonly request: TokenRequest;
  /** Exceptions hold for pods that ask themselves. */
  readonly mayBeExcepted: boolean;
}

interface Granted {
  readonly kind: 'granted';
  readonly subject: TokenSubject;
  readonly identity: string;
  readonly isArbitrary: boolean;
}

export function createTokenService(options: TokenServiceOptions): TokenService {
  const { tokens, decide } = options;
  const grant = (pod: KnownPod, request: TokenRequest, mayBeExcepted: boolean): Granted | ErrorAnswer => {
    if (mayBeExcepted && decide.isExcepted(pod)) {
      const subject = exceptedSubject(request);
      return subject.kind === 'error'
        ? subject
        : { kind: 'granted', subject, identity: 'node', isArbitrary: false };
    }
    return asGranted(decide.identity(pod, request));
  };
  return {
    now(pod, request, mayBeExcepted) {
      const granted = grant(pod, request, mayBeExcepted);
      if (granted.kind === 'error') {
        return granted.pending === undefined ? granted : undefined;
      }
      const answer = tokens.peek({ subject: granted.subject, resource: request.resource, askerId: pod.uid });
      return answer && served(granted, answer, 'memory');
    },
    async serve({ pod, request, mayBeExcepted }, signal) {
      const granted = await settle(options, () => grant(pod, request, mayBeExcepted), signal);
      if (granted.kind === 'error') {
        return granted;
      }
      const question = { subject: granted.subject, resource: request.resource, askerId: pod.uid };
      try {
        const answer = await tokens.token(question, signal);
        // The wait may have been long enough for the binding, or the pod itself, to go.
        const stillHere = options.view.pods.byUid(pod.uid);
        const after = stillHere && grant(stillHere, request, mayBeExcepted);
        const isSame = after?.kind === 'granted' && sameSubject(after.subject, granted.subject);
        return isSame ? served(granted, answer, 'upstream') : refusedMeanwhile(after);
      } catch (error) {
        return asErrorAnswer(error);
      }
    },
  };
}

function served(
  { identity, isArbitrary }: Granted,
  answer: TokenAnswer,
  from: ServedToken['from'],
): ServedToken {
  return { kind: 'token', answer, from, identity, isArbitrary };
}

function asGranted(choice: IdentityChoice): Granted | ErrorAnswer {
  return choice.kind === 'granted'
    ? {
        kind: 'granted',
        subject: choice.subject,
        identity: `${choice.identity.metadata.namespace}/${choice.identity.metadata.name}`,
        isArbitrary: choice.isArbitrary,
      }
    : choice;
}

/**
 * Standard mode: holds the request while MIC may still bring the identity to the node, and looks again at
 * each change.
 */
async function settle(
  { view, clock, assignmentWaitMs }: TokenServiceOptions,
  look: () => Granted | ErrorAnswer,
  signal: AbortSignal,
): Promise<Granted | ErrorAnswer> {
  const began = clock.monotonic();
  for (;;) {
    const granted = look();
    if (granted.kind === 'granted' || granted.pending === undefined) {
      return granted;
    }
    const ms = began + assignmentWaitMs[granted.pending] - clock.monotonic();
    const changed =
      ms > 0 &&
      (await withinTime({ clock, ms }, signal, async (inTime) => {
        await view.changed.next(inTime);
        return true;
      }));
    if (!changed) {
      return granted;
    }
  }
}

function sameSubject(one: TokenSubject, other: TokenSubject): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function refusedMeanwhile(after: Granted | ErrorAnswer | undefined): ErrorAnswer {
  return after?.kind === 'error'
    ? after
    : tryLater('changed-meanwhile', 'The binding of this pod changed while its token was fetched.', 1);
}

function asErrorAnswer(error: unknown): ErrorAnswer {
  if (!(error instanceof TokenRefused)) {
    throw error;
  }
  const { status, retryAfterSec = 5 } = error;
  return {
    kind: 'error',
    status,
    error: error.error,
    description: error.message,
    reason: `token-${status}`,
    ...(status === 429 || status === 503 ? { retryAfterSec } : {}),
  };
}
