import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { PodIdentity, PodIdentityException } from '../../domain/entries/pod-identity.ts';
import type { ExchangeDefaults } from '../../domain/exchange/token-source.ts';
import { crdMissingCode, type ObjectsInCluster } from '../../domain/kubernetes/cluster-objects.ts';
import type { AssignmentScope } from '../../domain/kubernetes/decide/binding-fit.ts';
import type { IdentityQuestion } from '../../domain/kubernetes/decide/choose-identity.ts';
import {
  decideAssignableIdentity,
  decidePodIdentity,
  exceptionOf,
  type PodDecision,
} from '../../domain/kubernetes/decide/pod-decision.ts';
import type {
  AzurePodIdentityException,
  IdentityResources,
} from '../../domain/kubernetes/identity-resources.ts';
import type { Pod } from '../../domain/kubernetes/pod.ts';
import type { SecretPairs } from '../../domain/kubernetes/secret-pairs.ts';
import type { Evidence } from './evidence.ts';
import { type Probe, readOr } from './probe.ts';

/** What an agent in managed mode decides about a pod that asks for a token and names no identity. */
export type AgentVerdict =
  | PodDecision
  | { readonly kind: 'excepted'; readonly exceptions: readonly AzurePodIdentityException[] };

/**
 * What the agents go by: the objects in the cluster, or, where those cannot be seen, what they are when Azure
 * or podid has written the profile into the cluster.
 */
export function resourcesForAgents({
  cluster,
  objects,
}: Pick<Evidence, 'cluster' | 'objects'>): IdentityResources {
  const seen = readOr(objects, undefined)?.resources;
  if (seen !== undefined) {
    return seen;
  }
  const profile = readOr(cluster, undefined)?.profile;
  return resourcesOf(profile?.identities ?? [], profile?.exceptions ?? []);
}

export function decideAsAgent(pod: Pod, resources: IdentityResources): AgentVerdict {
  const exceptions = resources.exceptions.filter((exception) => exceptionOf(pod, [exception]) !== undefined);
  return exceptions.length > 0 ? { kind: 'excepted', exceptions } : decideBindings(pod, resources);
}

export interface BindingQuestion {
  /** Of the controller that assigns identities, in standard mode. */
  readonly scope?: AssignmentScope | undefined;
  /** Where the agents read secrets beside an identity's own namespace. */
  readonly secretPairs?: SecretPairs | undefined;
  /** Where the agents get the tokens of identities that do not say. */
  readonly exchange?: ExchangeDefaults | undefined;
  /** Which identity the pod names. */
  readonly request?: IdentityQuestion['request'];
}

/** The same without a look at the exceptions, which have a check of their own. */
export function decideBindings(
  pod: Pod,
  { bindings, identities }: IdentityResources,
  { scope, secretPairs, exchange, request = {} }: BindingQuestion = {},
): PodDecision {
  const question = { pod, request, requireChoice: false, secretPairs, exchange };
  if (scope !== undefined) {
    return decideAssignableIdentity(question, bindings, scope);
  }
  const byName = new Map(
    identities.map((identity) => [`${identity.metadata.namespace}/${identity.metadata.name}`, identity]),
  );
  return decidePodIdentity(question, bindings, byName);
}

function resourcesOf(
  identities: readonly PodIdentity[],
  exceptions: readonly PodIdentityException[],
): IdentityResources {
  return {
    identities: identities.map(({ namespace, name, identity }) => ({
      metadata: { namespace, name },
      spec: { type: 0, resourceID: identity.resourceId, clientID: identity.clientId },
    })),
    bindings: identities.map(({ namespace, name, bindingSelector }) => ({
      metadata: { namespace, name: `${name}-binding` },
      spec: { azureIdentity: name, selector: bindingSelector },
    })),
    exceptions: exceptions.map(({ namespace, name, podLabels }) => ({
      metadata: { namespace, name },
      spec: { podLabels },
    })),
  };
}

/** A cluster that is not there, or an expired sign-in, is no lack of rights. @throws the error of that reading */
export function unlessMissing(cluster: Probe<Cluster>): Probe<Cluster> {
  if (cluster.kind === 'unread' && !['Forbidden', 'Unavailable'].includes(cluster.error.code)) {
    throw cluster.error;
  }
  return cluster;
}

/** Whether nobody defines the kinds of pod identity, so that there are no objects of them. */
export function hasNoKinds(objects: Probe<ObjectsInCluster>): boolean {
  return objects.kind === 'unread' && objects.error.details.some(({ code }) => code === crdMissingCode);
}
