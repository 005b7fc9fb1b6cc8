/**
 * Claims that Entra wants in the next token (continuous access evaluation, authentication contexts), base64, as the
 * challenge has them: with quotes, as the standard wants them, or without.
 */
export function challengeClaims(header: string | undefined): string | undefined {
  const [, quoted, bare] = /\bclaims=(?:"([^"]+)"|([^\s",]+))/i.exec(header ?? '') ?? [];
  return quoted ?? bare;
}
