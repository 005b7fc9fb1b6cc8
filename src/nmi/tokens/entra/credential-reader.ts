import { createHash } from 'node:crypto';
import type { ServicePrincipal } from '../../../domain/kubernetes/identity-credential.ts';
import { mayNameSecret, noSecretPairs, type SecretPairs } from '../../../domain/kubernetes/secret-pairs.ts';
import type { Clock } from '../../../domain/time/clock.ts';
import { limitTime, untilAborted } from '../../../domain/time/time-limit.ts';
import { ApiFailure } from '../../../k8s/client/api-connection.ts';
import type { CredentialTags } from '../token.ts';
import { TokenRefused } from '../token-error.ts';
import { type PickedCredential, pickCredential } from './pick-credential.ts';

/**
 * The decoded data of a Secret; undefined when there is no such Secret. Any rejection counts as "cannot be
 * read now".
 */
export type ReadSecret = (
  namespace: string,
  name: string,
  signal: AbortSignal,
) => Promise<Readonly<Record<string, Uint8Array>> | undefined>;

export interface CredentialReader extends CredentialTags {
  /** Reads the Secret anew. @throws TokenRefused */
  credential(principal: ServicePrincipal, signal: AbortSignal): Promise<PickedCredential>;
}

export interface CredentialReaderOptions {
  /** Where a secret may be beside its identity\'s own namespace; nowhere when absent. */
  readonly secretPairs?: SecretPairs;
  readonly readSecret: ReadSecret;
  readonly clock: Clock;
}

/** A changed or deleted Secret ends the use of its cached tokens after this long. */
const tagLifetimeMs = 60_000;
const mostTags = 1_000;
const readDeadlineMs = 5_000;

interface Tag {
  readonly text: string;
  readonly readAtMs: number;
}

/**
 * Reads the Secrets of service principals, when a token is fetched and, for the digest alone, once a minute
 * of use.
 */
export function createCredentialReader({
  readSecret,
  clock,
  secretPairs = noSecretPairs,
}: CredentialReaderOptions): CredentialReader {
  const tags = new Map<string, Tag>();
  const reading = new Map<string, Promise<string>>();

  async function credential(principal: ServicePrincipal, signal: AbortSignal): Promise<PickedCredential> {
    requireAllowedNamespace(principal, secretPairs);
    const { namespace, name } = principal.secret;
    const data = await readSecret(namespace, name, signal).catch((error) => {
      signal.throwIfAborted();
      const isForbidden = error instanceof ApiFailure && error.status === 403;
      throw unreadable(principal.secret, isForbidden ? missingRight(namespace) : ' at the moment.');
    });
    return pickCredential(principal, data);
  }

  async function readTag(principal: ServicePrincipal): Promise<string> {
    const key = tagKey(principal);
    const limit = {
      clock,
      ms: readDeadlineMs,
      reason: () => unreadable(principal.secret, ' at the moment.'),
    };
    try {
      const { fingerprint } = await limitTime(limit, new AbortController().signal, (inTime) =>
        credential(principal, inTime),
      );
      remember(key, fingerprint);
      return fingerprint;
    } catch (error) {
      const last = tags.get(key);
      // What was known last holds while the API server is away, as for everything the agent watches.
      if (last && !(error instanceof TokenRefused && error.status === 403)) {
        remember(key, last.text);
        return last.text;
      }
      tags.delete(key);
      throw error;
    } finally {
      reading.delete(key);
    }
  }

  function remember(key: string, text: string): void {
    tags.delete(key);
    tags.set(key, { text, readAtMs: clock.monotonic() });
    const [oldest] = tags.keys();
    if (tags.size > mostTags && oldest !== undefined) {
      tags.delete(oldest);
    }
  }

  return {
    credential,
    known(principal) {
      const tag = tags.get(tagKey(principal));
      return tag && clock.monotonic() < tag.readAtMs + tagLifetimeMs ? tag.text : undefined;
    },
    read(principal, signal) {
      const key = tagKey(principal);
      const shared = reading.get(key) ?? readTag(principal);
      reading.set(key, shared);
      return untilAborted(shared, signal);
    },
  };
}

/**
 * Else whoever may create an AzureIdentity could send any Secret of the cluster to an authority of their
 * choice.
 */
function requireAllowedNamespace({ namespace, secret }: ServicePrincipal, pairs: SecretPairs): void {
  if (!mayNameSecret(pairs, namespace, secret.namespace)) {
    throw new TokenRefused({
      status: 403,
      error: 'unauthorized_client',
      description: `The identity is in namespace ${namespace} and its Secret in ${secret.namespace}; only a Secret of the identity's own namespace is read, or of one that --secrets-of-other-namespaces pairs with it.`,
    });
  }
}

function tagKey({ kind, secret }: ServicePrincipal): string {
  return createHash('sha256').update(`${kind}\n${secret.namespace}\n${secret.name}`).digest('base64');
}

/** The chart and `podid nmi install` give the right by the same two values. */
function missingRight(namespace: string): string {
  return `: the agent has no right to. Install it with rbac.allowAccessToSecrets=true, and with ${namespace} in podid.secretNamespaces where that is not empty.`;
}

/** @param why the end of the sentence */
function unreadable({ namespace, name }: ServicePrincipal['secret'], why: string): TokenRefused {
  return new TokenRefused({
    status: 503,
    error: 'temporarily_unavailable',
    description: `Secret ${namespace}/${name} cannot be read${why}`,
    retryAfterSec: 5,
  });
}
