import { isRecord, stringAt } from '../json-record.ts';

/**
 * What an API server says about a failure. Reasons are those of `metav1.StatusReason` and decide; the message
 * is for people.
 */
export interface KubeStatus {
  readonly reason: string;
  readonly message: string;
  /** Plural of the resource that the failure is about: `namespaces`, `azureidentities`. */
  readonly resource: string;
  readonly causes: readonly string[];
}

/**
 * Undefined for any body that is no `Status`: a proxy's page, or the `404 page not found` of a path nobody
 * serves.
 */
export function parseKubeStatus(body: unknown): KubeStatus | undefined {
  const json = typeof body === 'string' ? parseJson(body) : body;
  if (!isRecord(json) || json['kind'] !== 'Status') {
    return undefined;
  }
  const details = isRecord(json['details']) ? json['details'] : {};
  const causes = Array.isArray(details['causes']) ? details['causes'] : [];
  return {
    reason: stringAt(json, 'reason') ?? '',
    message: stringAt(json, 'message') ?? '',
    resource: stringAt(details, 'kind') ?? '',
    causes: causes.map((cause: unknown) => (isRecord(cause) && stringAt(cause, 'reason')) || ''),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
