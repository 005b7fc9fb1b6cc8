import { KubeFailure } from './kube-failure.ts';
import type { KubeStore } from './objects/kube-store.ts';

/** A caller. Without `deny` it may do everything that `store.faults.deny` does not forbid to all. */
export interface KubeUser {
  readonly name: string;
  readonly deny?: KubeStore['faults']['deny'];
}

export interface AccessQuestion {
  readonly verb: string;
  /** Plural, or `pods/status`. */
  readonly resource: string;
  readonly group: string;
  /** Empty for the cluster scope and for all namespaces. */
  readonly namespace: string;
  readonly name: string;
}

/** @throws KubeFailure 403 */
export function checkAccess(store: KubeStore, user: KubeUser, question: AccessQuestion): void {
  if (mayDo(store, user, question)) {
    return;
  }
  const { verb, resource, group, namespace, name } = question;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const message = `${resource} "${name}" is forbidden: user "${user.name}" may not ${verb} ${resource} in API group "${group}" ${where}`;
  throw new KubeFailure(403, 'Forbidden', message, { name, group, kind: resource });
}

export function mayDo(store: KubeStore, user: KubeUser, question: AccessQuestion): boolean {
  const rules = [...store.faults.deny, ...(user.deny ?? [])];
  return !rules.some(
    (rule) =>
      (rule.verb ?? question.verb) === question.verb &&
      (rule.resource ?? question.resource) === question.resource &&
      (rule.namespace ?? question.namespace) === question.namespace &&
      (rule.name ?? question.name) === question.name,
  );
}
