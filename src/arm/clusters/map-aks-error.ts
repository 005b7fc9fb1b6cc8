import { autoscaledCode } from '../../domain/clusters/autoscaled-code.ts';
import type { ClusterId } from '../../domain/clusters/cluster.ts';
import type { IdentityReference } from '../../domain/entries/pod-identity.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import type { ErrorCode } from '../../errors/error-catalog.ts';
import { advice, command, type Hint } from '../../errors/hint.ts';
import type { ArmFault } from '../connection/arm-answer.ts';
import type { KnownFault } from '../connection/arm-request.ts';
import { messageOf } from '../connection/fault-text.ts';
import { previewFeatureError } from './preview-feature-error.ts';

/** Codes by which a 409 says that something else is at work on the cluster. */
const busyCode = /InProgress|Conflict|^OperationNotAllowed$|Preempted|Busy/i;

/**
 * AKS's own refusals of a cluster's PUT, each with the way out. Undefined for what any part of ARM may say.
 *
 * @param identities those that the document sent holds
 */
export function mapAksError(
  fault: ArmFault,
  cluster: ClusterId,
  identities: readonly IdentityReference[],
): KnownFault | undefined {
  const codes = [fault.code, fault.innermost.code];
  const code = codes.find((candidate) => Object.hasOwn(addonRefusals, candidate));
  if (code === assignmentErrorCode) {
    return assignmentBlocked(fault, cluster, identities);
  }
  const refusal = code === undefined ? undefined : addonRefusals[code];
  if (refusal !== undefined) {
    return {
      code: refusal.code,
      message: `AKS refused the change: ${messageOf(fault)}`,
      hint: refusal.hint(cluster),
    };
  }
  if (fault.status === 412 || codes.includes('EtagMismatch')) {
    return {
      code: 'StaleCluster',
      message: `Cluster ${cluster.name} changed between reading and writing: ${messageOf(fault)}`,
    };
  }
  // AKS has one code for all that a request may be wrong in; the sentence alone tells of the autoscaler.
  if (fault.status === 400 && /Cannot manually scale Agent\s?Pool/i.test(fault.message)) {
    return {
      code: 'StaleCluster',
      message: `The autoscaler changed a node pool of cluster ${cluster.name} between reading and writing: ${messageOf(fault)}`,
      hint: advice`Run the same command again; if it meets this again: ${command('az aks nodepool list', '--cluster-name', cluster.name, '-g', cluster.resourceGroup, '-o', 'table')}`,
      details: [{ code: autoscaledCode, message: fault.message }],
    };
  }
  if (fault.status === 409 && busyCode.test(fault.code)) {
    return {
      code: 'ClusterBusy',
      message: `Another operation is running on cluster ${cluster.name}: ${messageOf(fault)}`,
      hint: nextCommand('wait', cluster, { for: 'idle' }),
    };
  }
  return previewFeatureError(fault);
}

/**
 * The cluster's identity may not assign one of the listed identities. Comes from the PUT or at the end of its
 * operation.
 */
export const assignmentErrorCode = 'PodIdentityAddonIdentitiesAssignmentError';

/**
 * Which identity an assignment error means: the resource id of the only one whose ids its text names. The one
 * place where podid looks into a message, since AKS says it nowhere else; ids that the document does not hold
 * are never taken from it.
 */
export function identityNamedIn(
  message: string,
  identities: readonly IdentityReference[],
): string | undefined {
  const named = new Map<string, string>();
  for (const identity of identities) {
    const ids = [identity.resourceId, identity.clientId, identity.objectId];
    if (ids.some((id) => id !== '' && holdsId(message, id))) {
      named.set(identity.resourceId.toLowerCase(), identity.resourceId);
    }
  }
  const [only, ...others] = named.values();
  return others.length === 0 ? only : undefined;
}

/** As a whole id: `…/web` is not in `…/web2`. */
function holdsId(message: string, id: string): boolean {
  const text = message.toLowerCase();
  const wanted = id.toLowerCase();
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
    const before = text[at - 1] ?? ' ';
    const after = text[at + wanted.length] ?? ' ';
    if (!/[\w-]/.test(before) && !/[\w-]/.test(after)) {
      return true;
    }
  }
  return false;
}

function assignmentBlocked(
  fault: ArmFault,
  cluster: ClusterId,
  identities: readonly IdentityReference[],
): KnownFault {
  const target = identityNamedIn(`${fault.message} ${fault.innermost.message}`, identities);
  return {
    code: 'AssignmentBlocked',
    message: `The cluster may not assign ${target ?? 'one of the listed identities'}: ${messageOf(fault)}`,
    hint: clearFailed(cluster),
    // Of an identity or of none: the cluster, which is what other errors are about, would be taken for one.
    target,
  };
}

/** What to type next after a failure with one of the add-on's own codes. */
export function addonHint(code: string, cluster: ClusterId): Hint | undefined {
  return Object.hasOwn(addonRefusals, code) ? addonRefusals[code]?.hint(cluster) : undefined;
}

interface ErrorAnswer {
  readonly code: ErrorCode;
  readonly hint: (cluster: ClusterId) => Hint;
}

const kubenetConsent = { 'enable-pod-identity-with-kubenet': true } as const;

/** Codes as seen in the wild; see the reference of `az aks pod-identity`, §3.5. */
const addonRefusals: Readonly<Record<string, ErrorAnswer>> = {
  [assignmentErrorCode]: {
    code: 'AssignmentBlocked',
    hint: clearFailed,
  },
  PodIdentityAddonFeatureFlagNotEnabled: {
    code: 'FeatureNotRegistered',
    hint: (cluster) => nextCommand('enable', cluster, { 'register-feature': true }),
  },
  PodIdentityAddonUserAssignedIdentitiesNotAllowedInCreation: {
    code: 'AzureRefused',
    hint: (cluster) =>
      advice`Wait until the cluster is created (${nextCommand('wait', cluster, { for: 'idle' })}), then add.`,
  },
  PodIdentityAddonWithKubeNetNotAllowed: {
    code: 'FeatureNotRegistered',
    hint: (cluster) => nextCommand('enable', cluster, { 'register-feature': true, ...kubenetConsent }),
  },
  PodIdentityAddonWithKubeNetNeedsConsent: {
    code: 'KubenetConsentMissing',
    hint: (cluster) => nextCommand('enable', cluster, kubenetConsent),
  },
  ReconcilePodIdentityAddonError: {
    code: 'AzureRefused',
    hint: (cluster) =>
      advice`Look at what is there (${nextCommand('status', cluster)}), then run the same command again.`,
  },
};

function clearFailed(cluster: ClusterId): Hint {
  return advice`${nextCommand('doctor', cluster, { fix: true })}  # grants roles that are missing and removes entries whose managed identity is gone, each after asking`;
}
