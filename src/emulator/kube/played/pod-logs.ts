import { checkAccess, type KubeUser } from '../access.ts';
import { type Call, send } from '../kube-call.ts';
import { KubeFailure, notFound } from '../kube-failure.ts';
import { isMap } from '../objects/kube-object.ts';
import { metricsOfAgent } from './agent-metrics.ts';
import { recordOfAgent, type TokenAsks } from './agent-record.ts';

/** What a pod of the emulated cluster is asked through the API server: one of its ports, or its log. */
export interface PodVoice {
  readonly namespace: string;
  readonly name: string;
  readonly subresource: 'proxy' | 'log';
  /** Empty for the log. */
  readonly port: string;
  /** `/readyz`. */
  readonly path: string;
}

/**
 * The annotation with what a pod answers: `{"8085/readyz": {"status": 200, "text": "Active"}}`. A port that
 * is not there refuses. `/record` beside `/metrics` is answered from what the world says that pods asked, and an answer
 * with `"adds": "agent"` goes on with what an agent of podid's reads off the cluster at that moment.
 */
const answersAnnotation = 'emulator.podid.io/answers';
/** The annotation with the lines of a pod's log. */
const logAnnotation = 'emulator.podid.io/log';

/** @returns undefined for every other path */
export function parsePodVoice(path: string): PodVoice | undefined {
  const match = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/:]+)(?::([^/]+))?\/(?:(log)|proxy(\/.*)?)$/.exec(
    path,
  );
  if (match === null) {
    return undefined;
  }
  const [, namespace = '', name = '', port = '', log, rest = '/'] = match;
  return log === undefined
    ? { namespace, name, subresource: 'proxy', port, path: rest }
    : { namespace, name, subresource: 'log', port: '', path: '' };
}

/** @throws KubeFailure 403, 404, and 503 where nothing listens */
export function answerForPod(
  call: Call,
  user: KubeUser,
  voice: PodVoice,
  asks: TokenAsks = { asks: [] },
): void {
  const { store, response } = call;
  const { namespace, name, subresource } = voice;
  const resource = `pods/${subresource}`;
  store.record({ verb: 'get', resource, namespace, name, query: '', userAgent: '' });
  checkAccess(store, user, { verb: 'get', resource, group: '', namespace, name });
  const pod = store.get('pods', namespace, name);
  if (pod === undefined) {
    throw notFound({ group: '', plural: 'pods' }, name);
  }
  const annotations = pod.metadata.annotations ?? {};
  if (subresource === 'log') {
    response
      .writeHead(200, { 'content-type': 'text/plain' })
      .end(lastLines(annotations[logAnnotation] ?? '', call.url));
    return;
  }
  const answers = JSON.parse(annotations[answersAnnotation] ?? '{}') as Record<string, unknown>;
  const answer = answers[`${voice.port}${voice.path}`];
  const isAgent = Object.hasOwn(answers, `${voice.port}/metrics`);
  if (answer === undefined && voice.path === '/record' && isAgent) {
    const podOf = (inNamespace: string, podName: string) => store.get('pods', inNamespace, podName);
    response.writeHead(200, { 'content-type': 'application/json' }).end(recordOfAgent(pod, asks, podOf));
    return;
  }
  if (!isMap(answer)) {
    throw refusedBy(pod.status, voice, Object.keys(answers));
  }
  if (typeof answer['text'] !== 'string') {
    send(call, Number(answer['status'] ?? 200), {});
    return;
  }
  const added = answer['adds'] === 'agent' ? metricsOfAgent(pod, answer['text'], store) : '';
  response
    .writeHead(Number(answer['status'] ?? 200), { 'content-type': 'text/plain; charset=utf-8' })
    .end(answer['text'] + added);
}

function lastLines(log: string, url: URL): string {
  const count = Number(url.searchParams.get('tailLines') ?? Number.POSITIVE_INFINITY);
  const lines = log.split('\n').filter((line) => line !== '');
  return lines
    .slice(Math.max(0, lines.length - count))
    .map((line) => `${line}\n`)
    .join('');
}

function refusedBy(status: unknown, voice: PodVoice, known: readonly string[]): KubeFailure {
  const listens = known.some((each) => each.startsWith(`${voice.port}/`));
  if (listens) {
    return new KubeFailure(404, 'NotFound', 'the server could not find the requested resource');
  }
  const ip = isMap(status) ? String(status['podIP'] ?? '10.0.0.1') : '10.0.0.1';
  return new KubeFailure(
    503,
    'ServiceUnavailable',
    `error trying to reach service: dial tcp ${ip}:${voice.port}: connect: connection refused`,
  );
}
