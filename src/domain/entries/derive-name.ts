/** Longest pod-identity name: the binding is `name-binding`, and Kubernetes takes 253 characters. */
export const longestPodIdentityName = 245;

/**
 * A pod-identity name from a managed identity's own: lower case, other characters as dashes, ends trimmed.
 * Managed identities are named by letters, digits, `-` and `_` (3–128), so at least one character remains.
 */
export function deriveName(identityName: string): string {
  return identityName
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, longestPodIdentityName);
}
