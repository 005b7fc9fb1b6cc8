import type { EntryKey } from '../entries/pod-identity.ts';

/** A pod whose last request of one kind got no token, by the record of its node's agent. */
export interface RefusedPod extends EntryKey {
  /** A code, as log and metrics of the agent have it: `no-binding`. */
  readonly reason: string;
  /** RFC 3339, to the second. */
  readonly lastAsked: string;
}

/** What one agent says of refusals; `why`: why it says nothing. */
export type RefusalRecord =
  | { readonly kind: 'record'; readonly since: string; readonly pods: readonly RefusedPod[] }
  | { readonly kind: 'none'; readonly why: string };

/** The newest first, one of each pod. */
export function newestRefusals<Refused extends RefusedPod>(
  pods: readonly Refused[],
  most: number,
): Refused[] {
  const seen = new Set<string>();
  // RFC 3339 in UTC sorts as text.
  const newest = pods.toSorted((one, other) => (one.lastAsked > other.lastAsked ? -1 : 1));
  const oncePerPod = newest.filter(({ namespace, name }) => {
    const key = `${namespace}/${name}`;
    return !seen.has(key) && seen.add(key);
  });
  return oncePerPod.slice(0, most);
}

/** `nothing is bound to its label`, of a pod; a code that an agent of another version has stays as it is. */
export function refusalText(reason: string): string {
  const [, status] = /^token-(\d{3})$/.exec(reason) ?? [];
  if (status !== undefined) {
    return `IMDS or Entra answered ${status}`;
  }
  return Object.hasOwn(inWords, reason) ? (inWords[reason] ?? reason) : reason;
}

const inWords: Readonly<Record<string, string>> = {
  'no-label': 'it has no label aadpodidbinding',
  'no-binding': 'nothing is bound to its label',
  'no-identity': 'its AzureIdentity does not exist',
  'other-identity-asked': 'it asks for an identity that is not bound to it',
  'choice-required': 'it has several identities and names none',
  'object-id': 'it has several identities and asks by object id',
  'incomplete-identity': 'its AzureIdentity lacks something',
  'foreign-secret': 'its AzureIdentity names a secret of another namespace',
  'refused-identity': 'the agent keeps its identity from all pods',
  'identity-not-assigned': 'MIC has not assigned its identity',
  'identity-not-on-node': 'its identity is not on the node',
  'identity-not-in-entra': 'Entra does not know its identity',
  'no-service-account': 'it has no service account whose token could be exchanged',
  'unknown-pod': 'the agent did not know its address yet',
  'address-shared': 'two running pods have its address',
  'address-moved': 'another pod has its address',
  'no-address-guard': 'the address guard of its node is not verified',
  'not-ready': 'the agent had just started',
  deadline: 'the answer took too long',
  'changed-meanwhile': 'its binding changed while the token was fetched',
  'client-gone': 'it left before the answer',
  'bad-query': 'its request has a fault',
  'no-resource': 'it does not say for what the token is',
};
