/**
 * What secrets look like wherever they turn up: JWTs, bearer headers, signatures in query strings, and JSON
 * members named after them.
 */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/\beyJ[\w-]{5,2000}\.[\w-]+(?:\.[\w-]*)?/g, '***'],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, '$1 ***'],
  [/([?&](?:t|c|s|h|sig|se|code|token|client_secret|password)=)[^&\s"']+/gi, '$1***'],
  [
    /("[^"\\]{0,200}(?:secret|password|token|kubeconfig|logs)[^"\\]{0,200}"\s{0,20}:\s{0,20})"(?:[^"\\]|\\.)*"/gi,
    '$1"***"',
  ],
  // The same in JSON that is itself a string of JSON.
  [
    /(\\{1,20}"[^"\\]{0,200}(?:secret|password|token|kubeconfig|logs)[^"\\]{0,200}\\{1,20}"\s{0,20}:\s{0,20}\\{1,20}")[^"\\]*/gi,
    '$1***',
  ],
];

/** Replaces what may be a secret by `***`; for texts that others wrote, before they reach a person. */
export function maskSecrets(text: string): string {
  return patterns.reduce((masked, [pattern, replacement]) => masked.replace(pattern, replacement), text);
}
