import { exceptionOf } from '../../domain/kubernetes/pod-decision.ts';
import type { ClusterView } from '../cluster/cluster-view.ts';
import type { KnownPod } from '../cluster/pod-index.ts';
import { badRequest, type ErrorAnswer } from '../http/error-answer.ts';
import type { TokenRequest } from '../http/token-request.ts';
import type { TokenSubject } from '../tokens/token.ts';
import { chooseAssignedIdentity, chooseManagedIdentity, type IdentityChoice } from './choose-identity.ts';

export interface DecisionRules {
  readonly mode: 'standard' | 'managed';
  readonly forceNamespaced: boolean;
  readonly requireChoice: boolean;
}

export interface Decide {
  /**
   * Made anew for every request, from what is known at this moment: a binding that is gone grants nothing,
   * cached token or not.
   */
  identity(pod: KnownPod, request: TokenRequest): IdentityChoice;
  isExcepted(pod: KnownPod): boolean;
}

export function createDecide(
  view: Pick<ClusterView, 'bindings' | 'identities' | 'exceptions' | 'assigned'>,
  rules: DecisionRules,
  monotonic: () => number,
): Decide {
  return {
    isExcepted: (pod) => exceptionOf(pod, view.exceptions.in(pod.namespace).values()) !== undefined,
    identity(pod, request) {
      const { requireChoice } = rules;
      const asker = { pod, request, requireChoice, podAgeMs: monotonic() - pod.bornAt };
      if (rules.mode === 'managed') {
        const { namespace } = pod;
        return chooseManagedIdentity(
          asker,
          view.bindings.in(namespace).values(),
          view.identities.in(namespace),
        );
      }
      const assignments = view.assigned.in(`${pod.namespace}/${pod.name}`).values();
      return chooseAssignedIdentity(asker, assignments, rules.forceNamespaced);
    },
  };
}

/** Whom an excepted pod asks for: any identity of the node, and without a choice the node's default. */
export function exceptedSubject({
  clientId,
  resourceId,
  objectId,
}: TokenRequest): TokenSubject | ErrorAnswer {
  const given = [clientId, resourceId, objectId].filter((id) => id !== undefined);
  if (given.length > 1) {
    return badRequest('bad-query', 'Only one of client_id, msi_res_id and object_id can be given.');
  }
  return given.length === 0
    ? { kind: 'node-default' }
    : {
        kind: 'managed-identity',
        choice: {
          ...(clientId === undefined ? {} : { clientId }),
          ...(resourceId === undefined ? {} : { resourceId }),
          ...(objectId === undefined ? {} : { objectId }),
        },
      };
}
