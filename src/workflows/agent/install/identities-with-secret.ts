import { entryText } from '../../../domain/entries/pod-identity.ts';
import type { AgentValues } from '../../../domain/kubernetes/agent-values.ts';
import { type ClusterObjects, crdMissingCode } from '../../../domain/kubernetes/cluster-objects.ts';
import { credentialOf } from '../../../domain/kubernetes/identity-credential.ts';
import { parseSecretPairs, type SecretPairs, secretPairOf } from '../../../domain/kubernetes/secret-pairs.ts';
import { advice } from '../../../errors/hint.ts';
import { isPodidError } from '../../../errors/podid-error.ts';
import type { AgentDeps } from '../agent-deps.ts';

/** `IDENTITIES:SECRETS` of namespaces, of which identities of the cluster name secrets and which `pairs` does not have. */
export async function foreignSecretsIn(
  cluster: Pick<ClusterObjects, 'read'>,
  pairs: SecretPairs,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const identities = await orNone(async () => (await cluster.read(signal)).resources?.identities ?? []);
  const found = identities
    .filter((identity) => credentialOf(identity, pairs).kind === 'secret-in-other-namespace')
    .flatMap((identity) => secretPairOf(identity) ?? []);
  return [...new Set(found)].toSorted();
}

/**
 * `namespace/name` of the cluster's identities that sign in with a secret; none where the kinds are not known
 * yet.
 */
export async function identitiesWithSecretIn(
  cluster: Pick<ClusterObjects, 'read'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  return await orNone(async () => ((await cluster.read(signal)).servicePrincipals ?? []).map(entryText));
}

async function orNone<Item>(read: () => Promise<readonly Item[]>): Promise<readonly Item[]> {
  try {
    return await read();
  } catch (error) {
    const unknown = isPodidError(error) && error.details.some(({ code }) => code === crdMissingCode);
    if (!unknown) {
      throw error;
    }
    return [];
  }
}

/** Upstream's agent read any secret for any identity; podid's does not, and pods would learn it by a 403. */
export async function reportForeignSecrets(
  { report }: AgentDeps,
  request: { foreignSecrets(pairs: SecretPairs, signal: AbortSignal): Promise<readonly string[]> },
  { rbac, podid }: AgentValues,
  signal: AbortSignal,
): Promise<void> {
  if (rbac.allowAccessToSecrets !== true) {
    return;
  }
  const { pairs } = parseSecretPairs(podid.secretsOfOtherNamespaces);
  const missing = await request.foreignSecrets(pairs, signal);
  if (missing.length > 0) {
    report.warn(
      `AzureIdentities name secrets of other namespaces, and pods get no token by them. The pairs IDENTITIES:SECRETS of namespaces: ${shownPairs(missing)}.`,
      advice`Move each secret to its identity, or list the pairs in podid.secretsOfOtherNamespaces: then whoever may write AzureIdentities in the first namespace can sign in with every secret of the second`,
    );
  }
}

function shownPairs(pairs: readonly string[]): string {
  const more = pairs.length > 5 ? ` and ${pairs.length - 5} more` : '';
  return `${pairs.slice(0, 5).join(', ')}${more}`;
}
