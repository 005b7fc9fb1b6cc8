import type { ChangeNotice } from '../../domain/time/change-notice.ts';
import type { Clock } from '../../domain/time/clock.ts';
import type { KnownPod, PodIndex } from '../cluster/pod-index.ts';
import type { IdentityChoice } from '../decide/answer-decision.ts';
import { type Decide, exceptedSubject } from '../decide/choose-identity.ts';
import { type ErrorAnswer, forbidden, noIdentity, tryLater } from '../http/error-answer.ts';
import type { TokenRequest } from '../http/token-request.ts';
import type { TokenAnswer, TokenQuestion, TokenSubject } from './token.ts';
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
  readonly view: {
    readonly pods: Pick<PodIndex, 'byUid'>;
    readonly changed: Pick<ChangeNotice, 'version'>;
  };
  readonly decide: Decide;
  readonly tokens: Pick<TokenCache, 'peeking' | 'token'>;
  readonly clock: Pick<Clock, 'now'>;
  /**
   * Client ids, in lower case, of identities that no AzureIdentity gives access to, such as the node's own: an
   * AzureIdentity names any identity it likes, and all that are on the node can be had.
   */
  readonly refused: ReadonlySet<string>;
}

/**
 * From a known pod and its request to a token; the same for pods themselves and for the driver that speaks
 * for them.
 */
export interface TokenService {
  /**
   * The answer, when no token has to be fetched for it. It is decided anew whenever anything has changed that is known
   * of the cluster, and what is refused is decided anew each time; where nothing was, the pod asks the same as the last
   * time, and the token is the same, it is the same object.
   */
  now(pod: KnownPod, request: TokenRequest, mayBeExcepted: boolean): ServedToken | ErrorAnswer | undefined;
  serve(asked: AskedToken, signal: AbortSignal): Promise<ServedToken | ErrorAnswer>;
}

export interface AskedToken {
  readonly pod: KnownPod;
  readonly request: TokenRequest;
  /** Exceptions hold for pods that ask themselves. */
  readonly mayBeExcepted: boolean;
}

type Asking = () => ReturnType<TokenService['now']>;

interface Granted {
  readonly kind: 'granted';
  readonly subject: TokenSubject;
  readonly identity: string;
  readonly isArbitrary: boolean;
  /** When it may have begun its way to the node: by its own creation, and by MIC's word. */
  readonly newSinceMs?: readonly number[];
  /** By MIC, in standard mode. */
  readonly isAssigned?: boolean;
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
    const granted = asGranted(decide.identity(pod, request));
    return granted.kind === 'error'
      ? granted
      : (refusedSubject(options.refused, granted) ?? withAccount(granted, pod));
  };
  const answered = (granted: Granted, answer: TokenAnswer, from: ServedToken['from']) =>
    refusedOwner(options.refused, granted, answer) ?? served(granted, answer, from);
  const asking = (pod: KnownPod, request: TokenRequest, mayBeExcepted: boolean): Asking => {
    let decided:
      | { readonly version: number; readonly granted: Granted; peek(): TokenAnswer | undefined }
      | undefined;
    let last: { readonly answer: TokenAnswer; readonly outcome: ServedToken | ErrorAnswer } | undefined;
    return () => {
      const { version } = options.view.changed;
      if (decided?.version !== version) {
        const granted = grant(pod, request, mayBeExcepted);
        if (granted.kind === 'error') {
          return granted;
        }
        decided = { version, granted, peek: tokens.peeking(questionOf(granted, request, pod)) };
        last = undefined;
      }
      const answer = decided.peek();
      if (answer !== undefined && answer !== last?.answer) {
        last = { answer, outcome: answered(decided.granted, answer, 'memory') };
      }
      return answer && last?.outcome;
    };
  };
  const lately = { ofPods: createLately(), ofTheHost: createLately() };
  return {
    now(pod, request, mayBeExcepted) {
      const known = mayBeExcepted ? lately.ofPods : lately.ofTheHost;
      return known(pod, request, () => asking(pod, request, mayBeExcepted))();
    },
    async serve({ pod, request, mayBeExcepted }, signal) {
      const granted = grant(pod, request, mayBeExcepted);
      if (granted.kind === 'error') {
        return granted;
      }
      const question = questionOf(granted, request, pod);
      try {
        const answer = await tokens.token(question, signal);
        // The wait may have been long enough for the binding, or the pod itself, to go.
        const stillHere = options.view.pods.byUid(pod.uid);
        const after = stillHere && grant(stillHere, request, mayBeExcepted);
        const isSame = after?.kind === 'granted' && sameSubject(after.subject, granted.subject);
        return isSame ? answered(granted, answer, 'upstream') : refusedMeanwhile(after);
      } catch (error) {
        const isLate = () => decide.isYoung(pod) || isYoungIdentity(granted, options.clock.now());
        return asErrorAnswer(error, granted, isLate);
      }
    },
  };
}

/** Of one pod; each holds a token. */
const mostLately = 4;

/** What each pod asked lately: most ask the same again and again. */
function createLately(): (pod: KnownPod, request: TokenRequest, make: () => Asking) => Asking {
  const lately = new WeakMap<KnownPod, Map<TokenRequest, Asking>>();
  return (pod, request, make) => {
    const ofPod = lately.get(pod) ?? new Map<TokenRequest, Asking>();
    const known = ofPod.get(request);
    if (known !== undefined) {
      return known;
    }
    if (ofPod.size >= mostLately) {
      ofPod.clear();
    }
    const asking = make();
    lately.set(pod, ofPod.set(request, asking));
    return asking;
  };
}

function questionOf(
  { subject }: Granted,
  { resource, asksAnew }: TokenRequest,
  { uid }: KnownPod,
): TokenQuestion {
  return { subject, resource, askerId: uid, ...(asksAnew === undefined ? {} : { asksAnew }) };
}

/** Whose token is exchanged is the pod's own account, and no other: it cannot name one. */
function withAccount(granted: Granted, { namespace, name, serviceAccount }: KnownPod): Granted | ErrorAnswer {
  const { subject, identity } = granted;
  if (subject.kind !== 'exchange' || subject.subject === 'agent') {
    return granted;
  }
  return serviceAccount === undefined
    ? noIdentity(
        'no-service-account',
        `Pod ${namespace}/${name} runs as no service account, by whose token the AzureIdentity ${identity} is exchanged.`,
      )
    : { ...granted, subject: { ...subject, account: { namespace, name: serviceAccount } } };
}

function refusedSubject(
  refused: ReadonlySet<string>,
  { subject, identity }: Granted,
): ErrorAnswer | undefined {
  if (refused.size === 0 || subject.kind === 'node-default') {
    return undefined;
  }
  const clientId = subject.kind === 'managed-identity' ? subject.choice.clientId : subject.clientId;
  return clientId !== undefined && refused.has(clientId.toLowerCase())
    ? refusedIdentity(identity)
    : undefined;
}

/** Whose token came, whatever name it was asked by. An excepted pod may have every identity of the node. */
function refusedOwner(
  refused: ReadonlySet<string>,
  { identity }: Granted,
  answer: TokenAnswer,
): ErrorAnswer | undefined {
  const isRefused = identity !== 'node' && answer.some(({ clientId }) => refused.has(clientId.toLowerCase()));
  return isRefused ? refusedIdentity(identity) : undefined;
}

function refusedIdentity(identity: string): ErrorAnswer {
  return forbidden(
    'refused-identity',
    `The AzureIdentity ${identity} names an identity that this agent gives to no pod (--refuse-client-ids).`,
  );
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
        newSinceMs: [
          Date.parse(choice.identity.metadata.creationTimestamp ?? '') || 0,
          choice.assignedMs ?? 0,
        ],
        isAssigned: choice.assignedMs !== undefined,
      }
    : choice;
}

function sameSubject(one: TokenSubject, other: TokenSubject): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function refusedMeanwhile(after: Granted | ErrorAnswer | undefined): ErrorAnswer {
  return after?.kind === 'error'
    ? after
    : tryLater('changed-meanwhile', 'The binding of this pod changed while its token was fetched.', 1);
}

/**
 * How long after its creation, or after MIC put it on the machine, an AzureIdentity may be unknown to IMDS for that to
 * be put down to its being on its way to the node: Azure changes a scale set in a minute or two, machine by machine,
 * and IMDS has been seen to learn of it minutes later (aad-pod-identity #681, #1011).
 */
const youngIdentityMs = 300_000;

/** A clock that is far ahead, or a hand that wrote a date, must not make an identity young for good. */
function isYoungIdentity({ newSinceMs = [] }: Granted, nowMs: number): boolean {
  return newSinceMs.some((sinceMs) => Math.abs(nowMs - sinceMs) < youngIdentityMs);
}

/** When a client may come again whose identity IMDS does not know yet: what MIC assigned takes longer to arrive. */
const notOnNodeSec = { assigned: 5, bound: 2 } as const;

function asErrorAnswer(
  error: unknown,
  { identity, isAssigned, subject }: Granted,
  isLate: () => boolean,
): ErrorAnswer {
  if (!(error instanceof TokenRefused)) {
    throw error;
  }
  const { status, retryAfterSec = 5 } = error;
  const again = { retryAfterSec, retryAfterMs: retryAfterSec * 1000 };
  if (error.isUnknownIdentity && isLate()) {
    const isExchanged = subject.kind === 'exchange';
    const notice = `The identity of the AzureIdentity ${identity} is not ${isExchanged ? 'known to Entra' : 'on this node'} yet.`;
    const clientSec = isAssigned === true ? notOnNodeSec.assigned : notOnNodeSec.bound;
    const { retryAfterMs } = again;
    return {
      ...tryLater(
        isExchanged ? 'identity-not-in-entra' : 'identity-not-on-node',
        `${notice} ${error.message}`,
        clientSec,
      ),
      retryAfterMs,
    };
  }
  const tried = identity === 'node' ? '' : ` The AzureIdentity is ${identity}.`;
  return {
    kind: 'error',
    status,
    error: error.error,
    description: status === 400 || status === 403 ? `${error.message}${tried}` : error.message,
    reason: `token-${status}`,
    ...(status === 429 || status === 503 ? again : {}),
  };
}
