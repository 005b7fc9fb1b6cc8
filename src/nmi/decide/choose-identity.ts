import type { ExchangeDefaults } from '../../domain/exchange/token-source.ts';
import { bindingLabelOf, decidePodIdentity } from '../../domain/kubernetes/decide/pod-decision.ts';
import type { AzureIdentity, AzureIdentityBinding } from '../../domain/kubernetes/identity-resources.ts';
import type { SecretPairs } from '../../domain/kubernetes/secret-pairs.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { type ClusterView, labelKey } from '../cluster/cluster-view.ts';
import type { KnownPod } from '../cluster/pod-index.ts';
import { badRequest, type ErrorAnswer } from '../http/error-answer.ts';
import type { TokenRequest } from '../http/token-request.ts';
import type { TokenSubject } from '../tokens/token.ts';
import { type Asker, answerOf, type IdentityChoice } from './answer-decision.ts';
import { chooseAssignedIdentity } from './choose-assigned-identity.ts';
import { explainLeftOut } from './explain-left-out.ts';
import { youngMs } from './passing-reasons.ts';

export interface DecisionRules {
  readonly mode: 'standard' | 'managed';
  readonly forceNamespaced: boolean;
  readonly requireChoice: boolean;
  readonly secretPairs?: SecretPairs;
  readonly exchange?: ExchangeDefaults;
}

export interface Decide {
  /**
   * Made anew for every request, from what is known at this moment: a binding that is gone grants nothing,
   * cached token or not.
   */
  identity(pod: KnownPod, request: TokenRequest): IdentityChoice;
  isExcepted(pod: KnownPod): boolean;
  /** What the pod lacks may be late. */
  isYoung(pod: KnownPod): boolean;
}

export function createDecide(
  view: Pick<ClusterView, 'bindings' | 'identities' | 'exceptions' | 'assigned' | 'leftOutIn'>,
  rules: DecisionRules,
  clock: Pick<Clock, 'monotonic'>,
): Decide {
  return {
    isExcepted: (pod) =>
      view.exceptions.in(pod.namespace).size > 0 &&
      Object.entries(pod.labels).some(
        ([name, value]) => view.exceptions.with(pod.namespace, labelKey(name, value)).size > 0,
      ),
    isYoung: (pod) => clock.monotonic() - pod.bornAt < youngMs[rules.mode],
    identity(pod, request) {
      const { requireChoice, secretPairs, exchange } = rules;
      const asker = { pod, request, requireChoice, secretPairs, exchange, isYoung: this.isYoung(pod) };
      const choice =
        rules.mode === 'managed'
          ? chooseManagedIdentity(
              asker,
              view.bindings.with(pod.namespace, bindingLabelOf(pod)).values(),
              view.identities.in(pod.namespace),
            )
          : chooseAssignedIdentity(
              asker,
              view.assigned.in(`${pod.namespace}/${pod.name}`).values(),
              rules.forceNamespaced,
            );
      return choice.kind === 'error' ? explainLeftOut(choice, pod, view) : choice;
    },
  };
}

/**
 * Managed mode: what the pod's bindings grant.
 *
 * @param identities of the pod's namespace, by `namespace/name`
 */
export function chooseManagedIdentity(
  asker: Asker,
  bindings: Iterable<AzureIdentityBinding>,
  identities: ReadonlyMap<string, AzureIdentity>,
): IdentityChoice {
  const decision = decidePodIdentity(asker, bindings, identities);
  return decision.kind === 'granted' ? decision : answerOf(asker, decision);
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
