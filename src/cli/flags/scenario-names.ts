/**
 * The worlds that the emulator knows, by the name that `--scenario` takes; a test holds this to its
 * catalogue.
 */
export const scenarioNames = [
  'default',
  'first-time',
  'in-use',
  'unregistered',
  'kubenet',
  'service-principal',
  'failed-entry',
  'gone-identity',
  'two-hundred',
  'full',
  'no-etag',
  'user-assigned',
  'preview-fields',
  'node-pools',
  'standard-mode',
  'oidc-issuer',
  'way-out',
] as const;
