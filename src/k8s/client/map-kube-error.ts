import { crdMissingCode } from '../../domain/kubernetes/cluster-objects.ts';
import { identityApi } from '../../domain/kubernetes/identity-resources.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { type KubeStatus, parseKubeStatus } from '../../validate/kubernetes/kube-status.ts';
import { grantMirrorCommand, mirrorRule, userIn } from '../mirror/rbac-rule.ts';

/** What was asked of the API server. `namespace` is absent for a list of all. */
export interface KubeAttempt {
  readonly verb: 'get' | 'list' | 'create' | 'patch' | 'delete';
  /** Plural, without the group. */
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** An answer other than 2xx. `status` is absent when something else than an API server spoke. */
export interface KubeFailure {
  readonly httpStatus: number;
  readonly status?: KubeStatus;
}

export function kubeFailure(httpStatus: number, body: unknown): KubeFailure {
  const status = parseKubeStatus(body);
  return status === undefined ? { httpStatus } : { httpStatus, status };
}

/** Decides by HTTP status and the Status's reason; the server's words go along as a detail. */
export function mapKubeError(failure: KubeFailure, attempt: KubeAttempt): PodidError {
  const { httpStatus, status } = failure;
  if (httpStatus === 401) {
    return new PodidError(
      'MirrorFailed',
      "The cluster's API does not accept the credentials of the kubeconfig.",
      {
        hint: 'kubectl auth whoami',
        exitCode: 6,
      },
    );
  }
  if (httpStatus === 403 && status !== undefined) {
    return forbidden(status, attempt);
  }
  if (httpStatus === 404 && isResourceMissing(failure)) {
    return crdMissing(attempt);
  }
  if (status === undefined || httpStatus >= 500 || httpStatus === 429) {
    return new PodidError(
      'ClusterUnreachable',
      `The cluster's API answered ${attempt.verb} with HTTP ${httpStatus}.`,
      {
        hint: 'Run the same command again; if it stays, look at the cluster with: kubectl get --raw /readyz?verbose',
        details: detailsOf(status),
      },
    );
  }
  return new PodidError('MirrorFailed', `The cluster refused to ${actionText(attempt)}.`, {
    details: detailsOf(status),
    ...targetOf(attempt),
  });
}

/** A path that the API server does not serve at all: the definition of the kind is missing. */
export function isResourceMissing({ httpStatus, status }: KubeFailure): boolean {
  return httpStatus === 404 && (status === undefined || status.resource === '');
}

function forbidden(status: KubeStatus, attempt: KubeAttempt): PodidError {
  const rule = { code: 'MissingRule', message: mirrorRule() };
  return new PodidError('MirrorFailed', `The cluster forbids to ${actionText(attempt)}.`, {
    hint: `Have an administrator of the cluster give the right: ${grantMirrorCommand(attempt.namespace, userIn(status.message))}`,
    details: [...detailsOf(status), rule],
    exitCode: 6,
    ...targetOf(attempt),
  });
}

function crdMissing({ resource }: KubeAttempt): PodidError {
  return new PodidError(
    'MirrorFailed',
    `The cluster does not know the resource ${resource}.${identityApi.group}.`,
    {
      hint: 'podid nmi install  # brings the definitions of the four kinds with the agent; or switch the add-on on: podid enable',
      details: [
        { code: crdMissingCode, message: `${identityApi.group}/${identityApi.version} is not served.` },
      ],
    },
  );
}

function actionText({ verb, resource, namespace }: KubeAttempt): string {
  const where = namespace === undefined ? 'in all namespaces' : `in namespace ${namespace}`;
  return `${verb} ${resource}.${identityApi.group} ${where}`;
}

function targetOf({ namespace, name }: KubeAttempt): { target?: string } {
  return namespace === undefined || name === undefined ? {} : { target: `${namespace}/${name}` };
}

function detailsOf(status: KubeStatus | undefined): readonly { code?: string; message: string }[] {
  if (status === undefined || status.message === '') {
    return [];
  }
  return [{ ...(status.reason === '' ? {} : { code: status.reason }), message: readable(status.message) }];
}

/** A webhook's words come from whoever runs it: no control characters, no novels. */
export function readable(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ').slice(0, 1000);
}
