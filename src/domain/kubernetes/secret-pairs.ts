import type { AzureIdentity } from './identity-resources.ts';

/**
 * Pairs `IDENTITIES:SECRETS` of namespaces: AzureIdentities of the first may name Secrets of the second. Whoever may write
 * an AzureIdentity in the first can then sign in with any Secret of the second, so that an operator lists them, and
 * without a list there are none.
 */
export type SecretPairs = ReadonlySet<string>;

export const noSecretPairs: SecretPairs = new Set();

const word = '[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?';
const pair = new RegExp(`^${word}:${word}$`);

/** @returns the pairs, and the texts that are none */
export function parseSecretPairs(texts: readonly string[]): {
  readonly pairs: SecretPairs;
  readonly wrong: readonly string[];
} {
  return {
    pairs: new Set(texts.filter((text) => pair.test(text))),
    wrong: texts.filter((text) => !pair.test(text)),
  };
}

/** @param identities namespace of the AzureIdentity @param secrets namespace of the Secret that it names */
export function mayNameSecret(pairs: SecretPairs, identities: string, secrets: string): boolean {
  return identities !== '' && (identities === secrets || pairs.has(`${identities}:${secrets}`));
}

/** The pair that an identity needs; undefined where what it names is not a namespace, as whoever wrote it may choose. */
export function secretPairOf({ metadata, spec }: AzureIdentity): string | undefined {
  const text = `${metadata.namespace}:${spec.clientPassword?.namespace ?? ''}`;
  return pair.test(text) ? text : undefined;
}
