import type { Clock } from '../../../domain/time/clock.ts';
import type { AnswerAgain } from '../../../runtime/connections/repeated-requests.ts';
import { isLoopback, type KnownPod } from '../../cluster/pod-index.ts';
import type { PodLookup } from '../../cluster/pod-lookup.ts';
import type { Decision, DecisionLog } from '../../observe/decision-log.ts';
import type { RefusalEvents } from '../../observe/events/refusal-events.ts';
import type { NmiMetrics } from '../../observe/nmi-metrics.ts';
import type { PodRecord } from '../../observe/record/pod-record.ts';
import type { ServedToken, TokenService } from '../../tokens/token-service.ts';
import { answerError, answerJson, type Exchange, type TokenJson, type WholeAnswers } from '../answer.ts';
import { clientGone, type ErrorAnswer, noIdentity, tryLater } from '../error-answer.ts';
import type { HeldRequests } from '../held-requests.ts';
import type { ConnectionOwners } from '../lost-addresses.ts';
import type { TokenRequest } from '../token-request.ts';

export interface TokenRouteOptions {
  readonly lookup: PodLookup;
  readonly service: TokenService;
  /** Reads a query; may remember what it read. */
  readonly read: (query: string) => TokenRequest | ErrorAnswer;
  readonly json: TokenJson;
  readonly whole: WholeAnswers;
  readonly held: HeldRequests;
  readonly owners: Pick<ConnectionOwners, 'note'>;
  /** Whether this refusal heals by itself, so that the request is held. */
  readonly mayPass: (answer: ErrorAnswer) => boolean;
  readonly log: DecisionLog;
  readonly metrics: NmiMetrics;
  readonly record: Pick<PodRecord, 'asked'>;
  readonly events: Pick<RefusalEvents, 'refused'>;
  readonly clock: Clock;
  /** In a demonstration the pods live on loopback. */
  readonly allowLoopbackPods: boolean;
}

export type TokenRoute = (exchange: Exchange, query: string) => void | Promise<void>;

/**
 * `/metadata/identity/oauth2/token`: the socket says which pod asks, the bindings which identity it has, and
 * the query what it asks for.
 */
export function createTokenRoute(options: TokenRouteOptions): TokenRoute {
  const { lookup, service, held } = options;
  const countOf = createCounts(options);
  const again = { ...options, countOf };
  return (exchange, query) => {
    const request = options.read(query);
    if (request.kind === 'error') {
      return finish(options, exchange, { outcome: request });
    }
    // A process of the node itself is answered at once: it will never be found among the pods.
    if (!options.allowLoopbackPods && isLoopback(exchange.peer)) {
      return finish(options, exchange, { outcome: notAPod, request });
    }
    const pod = held.open ? lookup.peek(exchange.peer) : undefined;
    if (pod !== undefined) {
      options.owners.note(exchange.request.socket, pod.uid);
    }
    const outcome = pod && service.now(pod, request, true);
    if (outcome === undefined || (outcome.kind === 'error' && options.mayPass(outcome))) {
      return slowly(options, exchange, request);
    }
    if (outcome.kind === 'error' || pod === undefined) {
      return finish(options, exchange, { outcome, request, pod });
    }
    const { peer, request: asked, startedAt, repeats } = exchange;
    const userAgent = asked.headers['user-agent'];
    answerJson(exchange, 200, options.json.forPod(outcome.answer, options.clock.now()));
    options.record.asked(pod, request, userAgent, 'answered');
    countOf(outcome, { request, pod })(options.clock.monotonic() - startedAt);
    repeats?.offer(asked, answerAgain(again, { peer, uid: pod.uid, request, userAgent }));
  };
}

/** Who asked what, without the pod itself: a connection that is kept would keep that version of it in memory. */
interface Asked {
  readonly peer: string;
  readonly uid: string;
  readonly request: TokenRequest;
  readonly userAgent: string | undefined;
}

/**
 * Answers the same request from the same address: who asks and what he may have is decided as for the first, and where
 * that comes to anything else than a token in memory for the very same pod, the request goes the whole way.
 */
function answerAgain(
  options: TokenRouteOptions & { readonly countOf: CountOf },
  { peer, uid, request, userAgent }: Asked,
): AnswerAgain {
  const { held, lookup, owners, service, whole, record, clock, countOf } = options;
  return (startedAt, isLast, socket) => {
    const pod = held.open ? lookup.peek(peer) : undefined;
    if (pod?.uid !== uid) {
      return undefined;
    }
    owners.note(socket, uid);
    const outcome = service.now(pod, request, true);
    if (outcome?.kind !== 'token') {
      return undefined;
    }
    const text = whole.forPod(outcome.answer, clock.now(), isLast);
    record.asked(pod, request, userAgent, 'answered');
    countOf(outcome, { request, pod })(clock.monotonic() - startedAt);
    return text;
  };
}

type CountOf = (outcome: ServedToken, asked: AskedByPod) => (ms: number) => void;

interface AskedByPod {
  readonly request: TokenRequest;
  readonly pod: KnownPod;
}

/** What counts and logs an outcome is made once for each: it is the same object for the same pod and request. */
function createCounts({ metrics, log }: TokenRouteOptions): CountOf {
  const made = new WeakMap<ServedToken, (ms: number) => void>();
  const make: CountOf = (outcome, { request, pod }) => {
    const { namespace } = pod;
    const observe = metrics.operationsOf({ type: 'msi', status: 200, namespace, resource: request.resource });
    const record = log.again(decisionOf({ peer: '', outcome, request, pod, ms: 0 }));
    return (ms) => {
      if (outcome.isArbitrary) {
        metrics.arbitraryIdentity();
      }
      observe(ms / 1000);
      record(ms);
    };
  };
  return (outcome, asked) => {
    const known = made.get(outcome);
    if (known !== undefined) {
      return known;
    }
    const count = make(outcome, asked);
    made.set(outcome, count);
    return count;
  };
}

const notAPod = noIdentity(
  'not-a-pod',
  'The request comes from the node itself, and only pods have pod identities.',
);

const movedMeanwhile = tryLater(
  'address-moved',
  'This address may have been given to another pod while the token was fetched.',
  2,
);

async function slowly(options: TokenRouteOptions, exchange: Exchange, request: TokenRequest): Promise<void> {
  let pod: KnownPod | undefined;
  const outcome = await options.held.run(exchange, async (signal) => {
    const found = options.lookup.find(exchange.peer);
    if (found.kind === 'error') {
      return found;
    }
    pod = found;
    options.owners.note(exchange.request.socket, found.uid);
    const served = await options.service.serve({ pod: found, request, mayBeExcepted: true }, signal);
    // It took a while, and what is written now goes to whoever has the address now.
    const isStillIts = options.lookup.peek(exchange.peer)?.uid === found.uid;
    return served.kind === 'error' || isStillIts ? served : movedMeanwhile;
  });
  finish(options, exchange, { outcome: outcome ?? clientGone, request, pod });
}

interface Finish {
  readonly outcome: ServedToken | ErrorAnswer;
  readonly request?: TokenRequest | undefined;
  readonly pod?: KnownPod | undefined;
}

function finish(options: TokenRouteOptions, exchange: Exchange, { outcome, request, pod }: Finish): void {
  const { metrics, record, events, clock, log, json } = options;
  const isErrorAnswer = outcome.kind === 'error';
  const status = isErrorAnswer ? outcome.status : 200;
  if (isErrorAnswer) {
    answerError(exchange, outcome);
    metrics.refused(outcome.reason);
  } else {
    answerJson(exchange, 200, json.forPod(outcome.answer, clock.now()));
    if (outcome.isArbitrary) {
      metrics.arbitraryIdentity();
    }
  }
  if (pod !== undefined && request !== undefined) {
    const userAgent = exchange.request.headers['user-agent'];
    record.asked(pod, request, userAgent, isErrorAnswer ? outcome.reason : 'answered');
  }
  if (pod !== undefined && isErrorAnswer) {
    events.refused(pod, outcome);
  }
  const ms = clock.monotonic() - exchange.startedAt;
  const resource = request?.resource ?? '';
  metrics.operation({ type: 'msi', status, namespace: pod?.namespace ?? '', resource, seconds: ms / 1000 });
  log.record(decisionOf({ peer: exchange.peer, outcome, request, pod, ms }));
}

interface Decided extends Finish {
  readonly peer: string;
  readonly ms: number;
}

function decisionOf({ peer, outcome, request, pod, ms }: Decided): Decision {
  const isErrorAnswer = outcome.kind === 'error';
  return {
    kind: 'msi',
    pod: pod === undefined ? peer : `${pod.namespace}/${pod.name}`,
    uid: pod?.uid ?? '',
    identity: isErrorAnswer ? '' : outcome.identity,
    clientId: isErrorAnswer ? '' : outcome.answer[0].clientId,
    resource: request?.resource ?? '',
    status: isErrorAnswer ? outcome.status : 200,
    from: isErrorAnswer ? '' : outcome.from,
    reason: isErrorAnswer ? outcome.reason : outcome.isArbitrary ? 'several-identities' : '',
    ms,
  };
}
