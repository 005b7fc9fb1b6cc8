import type { AzureIdentity, AzureIdentityBinding } from '../identity-resources.ts';

/** Why the AzureIdentity of a binding is not there. */
export type MissingIdentity =
  | { readonly kind: 'identity-unnamed' }
  | { readonly kind: 'identity-misspelt'; readonly identity: AzureIdentity }
  | { readonly kind: 'identity-in-other-namespace'; readonly identity: AzureIdentity }
  | { readonly kind: 'identity-missing' };

/** @param binding one that `decidePodIdentity` found to name nothing */
export function explainMissingIdentity(
  { metadata, spec }: AzureIdentityBinding,
  identities: readonly AzureIdentity[],
): MissingIdentity {
  const name = spec.azureIdentity ?? '';
  if (name === '') {
    return { kind: 'identity-unnamed' };
  }
  const misspelt = identities.find(
    (each) =>
      each.metadata.namespace === metadata.namespace &&
      each.metadata.name.toLowerCase() === name.trim().toLowerCase(),
  );
  if (misspelt !== undefined) {
    return { kind: 'identity-misspelt', identity: misspelt };
  }
  const elsewhere = identities.find((each) => each.metadata.name === name);
  return elsewhere === undefined
    ? { kind: 'identity-missing' }
    : { kind: 'identity-in-other-namespace', identity: elsewhere };
}
