export interface FailureCause {
  readonly reason?: string;
  readonly message: string;
  readonly field?: string;
}

export interface FailureDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly causes?: readonly FailureCause[];
  readonly retryAfterSeconds?: number;
}

/**
 * An answer of kind `Status`. Reasons and codes are those of `metav1.StatusReason`; clients decide by them,
 * never by the message.
 */
export class KubeFailure extends Error {
  override readonly name = 'KubeFailure';
  readonly code: number;
  readonly reason: string;
  readonly details: FailureDetails;

  constructor(code: number, reason: string, message: string, details: FailureDetails = {}) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  body(): object {
    const { code, reason, message, details } = this;
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      reason,
      details,
      code,
    };
  }
}

interface Named {
  readonly group: string;
  readonly plural: string;
}

export function qualifiedName(kind: Named): string {
  return kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`;
}

export function badRequest(message: string): KubeFailure {
  return new KubeFailure(400, 'BadRequest', message);
}

export function notFound(kind: Named, name: string): KubeFailure {
  return new KubeFailure(404, 'NotFound', `${qualifiedName(kind)} "${name}" not found`, about(kind, name));
}

export function alreadyExists(kind: Named, name: string): KubeFailure {
  const message = `${qualifiedName(kind)} "${name}" already exists`;
  return new KubeFailure(409, 'AlreadyExists', message, about(kind, name));
}

export function conflict(kind: Named, name: string, why: string): KubeFailure {
  const message = `${qualifiedName(kind)} "${name}" was not changed: ${why}`;
  return new KubeFailure(409, 'Conflict', message, about(kind, name));
}

export function invalid(kind: Named, name: string, causes: readonly FailureCause[]): KubeFailure {
  const list = causes.map((cause) => `${cause.field ?? ''}: ${cause.message}`).join(', ');
  const message = `${qualifiedName(kind)} "${name}" is invalid: ${list}`;
  return new KubeFailure(422, 'Invalid', message, { ...about(kind, name), causes });
}

/** The watch or the page asked for is older than what is kept. */
export function expired(): KubeFailure {
  return new KubeFailure(410, 'Expired', 'The resourceVersion asked for is too old; list again.');
}

export function methodNotAllowed(): KubeFailure {
  return new KubeFailure(405, 'MethodNotAllowed', 'The method is not supported on this resource.');
}

function about(kind: Named, name: string): FailureDetails {
  return { name, group: kind.group, kind: kind.plural };
}
