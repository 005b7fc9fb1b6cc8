const mostCharacters = 600;

/**
 * An upstream's own words as a caller may see them: one line, bounded, and with whatever looks like a token
 * or equals one of `secrets` taken out.
 */
export function printableText(text: string, secrets: readonly string[] = []): string {
  const withoutSecrets = secrets
    .filter((secret) => secret !== '')
    .reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
  return withoutSecrets
    .replace(/eyJ[\w-]{8,}(\.[\w-]*){0,4}/g, '***')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, mostCharacters);
}
