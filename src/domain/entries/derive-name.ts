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

/**
 * A name for an exception of these labels: 16 letters and digits, of which the first is a letter. The same labels in
 * the same namespace always give the same name, so that a command without a name can be repeated.
 */
export function nameOfLabels(namespace: string, podLabels: Readonly<Record<string, string>>): string {
  const labels = Object.entries(podLabels).map(([key, value]) => `${key}=${value}`);
  const hash = hashOf([namespace, ...labels.toSorted()].join(','));
  return (10n + (hash % 26n)).toString(36) + (hash / 26n).toString(36).padStart(15, '0').slice(-15);
}

/** FNV-1a of 128 bits. The text is of ASCII, as labels are. */
function hashOf(text: string): bigint {
  let hash = 0x6c62272e07bb014262b821756295c58dn;
  for (const letter of text) {
    hash = BigInt.asUintN(128, (hash ^ BigInt(letter.charCodeAt(0))) * 0x1000000000000000000013bn);
  }
  return hash;
}
