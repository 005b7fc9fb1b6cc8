import type { ErrorCode } from '../../errors/error-catalog.ts';
import { advice, command, type Hint } from '../../errors/hint.ts';
import { type ErrorDetail, PodidError } from '../../errors/podid-error.ts';
import { type KubeStatus, parseKubeStatus } from '../../validate/kubernetes/kube-status.ts';

/** What was asked of the API server. `namespace` is absent for the cluster scope and for a list of all. */
export interface KubeAttempt {
  readonly verb: 'get' | 'list' | 'create' | 'update' | 'patch' | 'delete';
  /** As rights call it, plural with its group: `daemonsets.apps`, `pods/proxy`. */
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
}

/**
 * An answer other than 2xx. `status` is absent when something else than an API server spoke, and where an API server does
 * not know the path: it says `404 page not found` as plain text.
 */
export interface KubeFailure {
  readonly httpStatus: number;
  readonly status?: KubeStatus;
}

/** What a failure is called, and what to do about it, by what the request was for. */
export interface FailureTerms {
  /** Where the credentials or a right are missing; its exit code is 6. */
  readonly forbidden: ErrorCode;
  /** Where the server would not do it. */
  readonly refused: ErrorCode;
  /** The server's own sentence is in the message where a right is missing, too; else it is among the details alone. */
  readonly saysWhy?: boolean;
  /** How to come by the right that is missing. */
  readonly rightHint: (attempt: KubeAttempt, sentence: string) => Hint;
  readonly refusedHint?: (attempt: KubeAttempt, httpStatus: number, sentence: string) => Hint | undefined;
  /** Beside the server's own sentence, where a right is missing. */
  readonly rule?: () => ErrorDetail;
  /** Where the kind is not served at all. */
  readonly missingKind?: { readonly hint: Hint; readonly detail: ErrorDetail };
}

export function kubeFailure(httpStatus: number, body: unknown): KubeFailure {
  const status = parseKubeStatus(body);
  return status === undefined ? { httpStatus } : { httpStatus, status };
}

/**
 * Decides by HTTP status and the Status's reason, says what was attempted, and always hands on the server's
 * own sentence.
 */
export function mapKubeError(failure: KubeFailure, attempt: KubeAttempt, terms: FailureTerms): PodidError {
  const { httpStatus, status } = failure;
  const { said, details } = saidIn(failure);
  const common = { details, ...targetOf(attempt) };
  if (httpStatus === 401) {
    return new PodidError(
      terms.forbidden,
      `The cluster's API does not accept the credentials of the kubeconfig to ${actionText(attempt)}.`,
      { ...common, hint: command('kubectl auth whoami'), exitCode: 6 },
    );
  }
  if (httpStatus === 403 && status !== undefined) {
    const start = `The cluster does not let you ${actionText(attempt)}`;
    return new PodidError(terms.forbidden, sentenceOf(start, terms.saysWhy === true ? said : ''), {
      ...common,
      hint: terms.rightHint(attempt, status.message),
      details: [...details, ...(terms.rule ? [terms.rule()] : [])],
      exitCode: 6,
    });
  }
  if (terms.missingKind !== undefined && isResourceMissing(failure)) {
    const { hint, detail } = terms.missingKind;
    const message = `The cluster does not know the resource ${attempt.resource}.`;
    return new PodidError(terms.refused, message, { hint, details: [detail] });
  }
  const answer = `The cluster's API answered "${actionText(attempt)}" with HTTP ${httpStatus}`;
  const mayHeal = httpStatus >= 500 || httpStatus === 429;
  const group = /\.(.+)/.exec(attempt.resource)?.[1];
  if (status === undefined && httpStatus === 404 && group !== undefined) {
    const unserved = `it does not serve ${attempt.resource}, unless a proxy on the way answered in its place`;
    return new PodidError('ClusterUnreachable', `${answer}: ${unserved}.`, {
      hint: advice`See what it serves: ${command('kubectl api-resources --api-group', group)}`,
    });
  }
  if (status === undefined && !mayHeal) {
    return new PodidError('ClusterUnreachable', `${answer}, but not as an API server does.`, {
      hint: advice`A proxy or a firewall on the way may have answered; see what kubectl gets: ${command('kubectl get --raw /readyz?verbose')}`,
    });
  }
  if (status === undefined || mayHeal) {
    return new PodidError('ClusterUnreachable', sentenceOf(answer, said), { details, hint: awayHint });
  }
  return refusedError(failure, attempt, terms);
}

/** Where the right is there: the server refused what was sent, not who sent it. */
export function refusedError(failure: KubeFailure, attempt: KubeAttempt, terms: FailureTerms): PodidError {
  const { said, details } = saidIn(failure);
  const { verb, resource, name, ...where } = attempt;
  const what = name === undefined ? resource : `${resource} ${name}`;
  const message = sentenceOf(
    `The cluster refused to ${actionText({ verb, resource: what, ...where })}`,
    said,
  );
  const hint = terms.refusedHint?.(attempt, failure.httpStatus, said);
  const more = hint === undefined ? {} : { hint };
  return new PodidError(terms.refused, message, { details, ...targetOf(attempt), ...more });
}

function saidIn({ status }: KubeFailure): {
  readonly said: string;
  readonly details: readonly ErrorDetail[];
} {
  const said = readable(status?.message ?? '');
  const code = status?.reason ? { code: status.reason } : {};
  return { said, details: said === '' ? [] : [{ ...code, message: said }] };
}

/** A path that the API server does not serve at all: the definition of the kind is missing. */
export function isResourceMissing({ httpStatus, status }: KubeFailure): boolean {
  return httpStatus === 404 && (status === undefined || status.resource === '');
}

export const awayHint = advice`Run the same command again; if the error remains: ${command('kubectl get --raw /readyz?verbose')}`;

/** Plural names of kinds that no namespace has. */
const clusterScoped = new Set([
  'clusterrolebindings',
  'clusterroles',
  'constrainttemplates',
  'customresourcedefinitions',
  'mutatingwebhookconfigurations',
  'namespaces',
  'nodes',
  'persistentvolumes',
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
  'validatingwebhookconfigurations',
]);

function actionText({ verb, resource, namespace }: KubeAttempt): string {
  const isOfNamespaces = !clusterScoped.has(resource.replace(/[./].*/, ''));
  const everywhere = verb === 'list' && isOfNamespaces ? 'in all namespaces' : 'in the cluster';
  const where = namespace === undefined ? everywhere : `in namespace ${namespace}`;
  return `${verb} ${resource} ${where}`;
}

function targetOf({ namespace, name }: KubeAttempt): { target?: string } {
  return namespace === undefined || name === undefined ? {} : { target: `${namespace}/${name}` };
}

function sentenceOf(start: string, said: string): string {
  return said === '' ? `${start}.` : `${start}: ${said}`;
}

/** A webhook's words come from whoever runs it: no control characters, no novels. */
function readable(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ').slice(0, 1000);
}
