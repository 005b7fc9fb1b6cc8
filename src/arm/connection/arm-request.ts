import type { ErrorCode } from '../../errors/error-catalog.ts';
import type { Hint } from '../../errors/hint.ts';
import type { ErrorDetail } from '../../errors/podid-error.ts';
import type { ArmFault } from './arm-answer.ts';

/** What was asked, as far as a message about its failure needs it. */
export interface ArmRequest {
  /** With the verb: `read AKS cluster web`. */
  readonly doing: string;
  /** The right it takes: `Microsoft.ContainerService/managedClusters/read`. */
  readonly action: string;
  /** Where the right is needed; a resource id. */
  readonly scope: string;
  /** Who asks, for a 403. */
  readonly caller: () => string;
  /** What to type after a 401; `az login` when absent. */
  readonly signInHint?: Hint;
  /** For a 401 that wants a stronger sign-in. */
  readonly signedIn?: () => SignedIn;
  /** What a 404 means. */
  readonly notFound?: ErrorCode;
  /** Codes that mean more here than elsewhere; asked first. */
  readonly known?: (fault: ArmFault) => KnownFault | undefined;
}

export interface KnownFault {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: Hint;
  /** Absent: code and message of the answer. */
  readonly details?: readonly ErrorDetail[];
  /** Absent: the request's scope. */
  readonly target?: string | undefined;
}

/** Who is signed in, and how, as far as a hint needs it. */
export interface SignedIn {
  /** Of the sign-in: `az`. */
  readonly source: string | undefined;
  readonly tenantId: string | undefined;
  /** An application, and no person; undefined where the token does not say. */
  readonly isApplication?: boolean | undefined;
}
