import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../../../domain/time/clock.ts';
import type { KnownPod, PodIndex } from '../../cluster/pod-index.ts';
import type { PodLookup } from '../../cluster/pod-lookup.ts';
import type { DecisionLog } from '../../observe/decision-log.ts';
import type { NmiMetrics } from '../../observe/nmi-metrics.ts';
import type { PodRecord } from '../../observe/record/pod-record.ts';
import type { ServedToken, TokenService } from '../../tokens/token-service.ts';
import { answerError, answerJson, type Exchange, type TokenJson } from '../answer.ts';
import { badRequest, clientGone, type ErrorAnswer, forbidden } from '../error-answer.ts';
import type { HeldRequests } from '../held-requests.ts';
import type { TokenRequest } from '../token-request.ts';

export interface HostTokenRouteOptions {
  readonly lookup: PodLookup;
  readonly pods: PodIndex;
  /** `--host-token=off`: nobody may ask. */
  readonly isOff: boolean;
  readonly service: TokenService;
  readonly read: (query: string) => TokenRequest | ErrorAnswer;
  readonly json: TokenJson;
  readonly held: HeldRequests;
  readonly log: DecisionLog;
  readonly metrics: NmiMetrics;
  readonly record: Pick<PodRecord, 'driverAsked'>;
  readonly clock: Clock;
}

interface HostQuestion {
  readonly kind: 'question';
  readonly namespace: string;
  readonly name: string;
  readonly request: TokenRequest;
}

/**
 * `/host/token/`: the Key Vault driver on this node asks for one of the node's pods. Whoever runs in the
 * node's own network may ask; a pod never gets here with 127.0.0.1 as its address, since the redirect keeps
 * the pod's own. But whoever may create pods has the kubelet ask for them: whether a probe's answer was 200
 * would tell of a stranger's pod whether it has an identity. So the kubelet is refused before anything is
 * looked up, with one answer for all pods. No Event tells of what is refused here, for nobody should have one written
 * about a stranger's pod.
 */
export function createHostTokenRoute(options: HostTokenRouteOptions) {
  return async (exchange: Exchange, query: string): Promise<void> => {
    const question = readQuestion(options, exchange, query);
    if (question.kind === 'error') {
      return finish(options, exchange, { outcome: question });
    }
    let pod: KnownPod | undefined;
    const outcome = await options.held.run(exchange, async (signal) => {
      const found = options.lookup.findByName(question.namespace, question.name);
      if (found.kind === 'error') {
        return found;
      }
      pod = found;
      const asked = { pod: found, request: question.request, mayBeExcepted: false };
      return (
        options.service.now(found, question.request, false) ?? (await options.service.serve(asked, signal))
      );
    });
    finish(options, exchange, { outcome: asTheDriverKnowsIt(outcome ?? clientGone), question, pod });
  };
}

function readQuestion(
  { pods, isOff, read }: HostTokenRouteOptions,
  { peer, request: { headers } }: Exchange,
  query: string,
): HostQuestion | ErrorAnswer {
  if (peer !== '127.0.0.1' || pods.byAddress(peer).length > 0) {
    return forbidden('not-the-node', 'Only processes of the node itself may ask for the tokens of its pods.');
  }
  if (isOff) {
    return forbidden(
      'host-token-off',
      'The agent gives no tokens to processes of the node (--host-token=off).',
    );
  }
  if (isKubelets(headers)) {
    return forbidden('kubelet', 'Probes and hooks of pods may not ask for tokens.');
  }
  const namespace = headers['podns'];
  const name = headers['podname'];
  if (typeof namespace !== 'string' || typeof name !== 'string' || namespace === '' || name === '') {
    return badRequest('no-pod-named', 'The headers podname and podns are required.');
  }
  const request = read(query);
  return request.kind === 'error' ? request : { kind: 'question', namespace, name, request };
}

/**
 * A probe calls itself `kube-probe/…` and a hook `kube-lifecycle/…`, unless the pod gives it another name. A
 * probe's connections serve one request each, and it says so whatever headers the pod gives it, but for those
 * that ask for another protocol (Kubernetes, pkg/probe/http: DisableKeepAlives; Go, net/http). The driver sends
 * neither: it is Go's client as it comes. A hook by another name is told from it by nothing; against those
 * there is `--host-token=off`.
 */
function isKubelets(headers: IncomingHttpHeaders): boolean {
  const { 'user-agent': agent = '', connection = '', upgrade } = headers;
  return /^\s*kube-/i.test(agent) || /\bclose\b/i.test(connection) || upgrade !== undefined;
}

function asTheDriverKnowsIt(outcome: ServedToken | ErrorAnswer): ServedToken | ErrorAnswer {
  return outcome.kind === 'error' && outcome.isNoIdentity ? { ...outcome, status: 404 } : outcome;
}

interface Finish {
  readonly outcome: ServedToken | ErrorAnswer;
  readonly question?: HostQuestion;
  readonly pod?: KnownPod | undefined;
}

function finish(
  options: HostTokenRouteOptions,
  exchange: Exchange,
  { outcome, question, pod }: Finish,
): void {
  const { metrics, record, clock, log, json } = options;
  const isErrorAnswer = outcome.kind === 'error';
  const status = isErrorAnswer ? outcome.status : 200;
  if (isErrorAnswer) {
    answerError(exchange, outcome);
    metrics.refused(outcome.reason);
  } else {
    answerJson(exchange, 200, json.forHost(outcome.answer, clock.now()));
  }
  if (pod !== undefined && question !== undefined) {
    const userAgent = exchange.request.headers['user-agent'];
    record.driverAsked(pod, question.request, userAgent, isErrorAnswer ? outcome.reason : 'answered');
  }
  const ms = clock.monotonic() - exchange.startedAt;
  const resource = question?.request.resource ?? '';
  metrics.operation({ type: 'host', status, namespace: pod?.namespace ?? '', resource, seconds: ms / 1000 });
  log.record({
    kind: 'host',
    pod: question === undefined ? exchange.peer : `${question.namespace}/${question.name}`.slice(0, 320),
    uid: pod?.uid ?? '',
    identity: isErrorAnswer ? '' : outcome.identity,
    clientId: isErrorAnswer ? '' : outcome.answer[0].clientId,
    resource,
    status,
    from: isErrorAnswer ? '' : outcome.from,
    reason: isErrorAnswer ? outcome.reason : '',
    ms,
  });
}
