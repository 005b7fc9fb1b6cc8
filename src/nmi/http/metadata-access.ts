import { versionsPath } from '../tokens/imds/metadata-budget.ts';
import { type ErrorAnswer, forbidden } from './error-answer.ts';

export interface MetadataRules {
  readonly blockInstance: boolean;
  readonly allowAttestedDocument: boolean;
  readonly allowScheduledEvents: boolean;
}

/** What of IMDS beside tokens a pod may read: what this list names, and nothing else. */
export type MetadataAccess =
  | { readonly kind: 'forward' }
  /** `/metadata/identity/info`: for excepted pods, which are answered as the node would be. */
  | { readonly kind: 'excepted-only' }
  | { readonly kind: 'refuse'; readonly answer: ErrorAnswer };

/** @param path canonical, in lower case */
export function metadataAccess(path: string, rules: MetadataRules): MetadataAccess {
  if (isUnder(path, '/metadata/instance')) {
    return rules.blockInstance ? blocked : forward;
  }
  if (path === versionsPath || isUnder(path, '/metadata/loadbalancer')) {
    return forward;
  }
  if (path === '/metadata/attested/document') {
    return rules.allowAttestedDocument ? forward : notAllowed;
  }
  if (path === '/metadata/scheduledevents') {
    return rules.allowScheduledEvents ? forward : notAllowed;
  }
  return path === '/metadata/identity/info'
    ? { kind: 'excepted-only' }
    : { kind: 'refuse', answer: notFound };
}

export const notFound: ErrorAnswer = {
  kind: 'error',
  status: 404,
  error: 'not_found',
  reason: 'unknown-path',
  description: 'There is nothing here for pods.',
};

const forward: MetadataAccess = { kind: 'forward' };
const blocked: MetadataAccess = {
  kind: 'refuse',
  answer: forbidden(
    'blocked',
    'Instance metadata is blocked for pods on this node (--block-instance-metadata).',
  ),
};
const notAllowed: MetadataAccess = {
  kind: 'refuse',
  answer: forbidden('blocked', 'This part of IMDS is not open to pods unless a flag of the agent opens it.'),
};

function isUnder(path: string, parent: string): boolean {
  return path === parent || path.startsWith(`${parent}/`);
}
