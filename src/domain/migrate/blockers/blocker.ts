import type { Hint } from '../../../errors/hint.ts';

/** Why a workload does not move as it is, in the order in which one looks at them. */
export const blockerCodes = [
  'Unread',
  'UnknownOwner',
  'ExceptionUser',
  'ServicePrincipal',
  'IdentityGone',
  'NoClientId',
  'NoTenant',
  'TenantOther',
  'KubeSystem',
  'VaultBound',
  'VirtualNode',
  'BarePod',
  'Immutable',
  'OnDelete',
  'SelectorLabel',
  'NoIssuer',
  'NoWebhook',
  'SaMissing',
  'SaDefault',
  'SaShared',
  'FicForeign',
  'FicRegion',
  'FicLimit',
  'CsiPodIdentity',
  'KedaPodIdentity',
  'MultiIdentity',
  'OwnEnv',
  'SdkTooOld',
  'SdkUnknown',
  'GoManagedIdentity',
  'ChoiceByResourceId',
  'HostNetwork',
  'Windows',
  'PodSecurity',
  'PortInUse',
  'EgressUnknown',
  'GitOps',
] as const;

export type BlockerCode = (typeof blockerCodes)[number];

export interface Blocker {
  readonly code: BlockerCode;
  /** A sentence that names the object and what was found. */
  readonly message: string;
  /** The next command, and what to do besides. */
  readonly hint: Hint;
}

/** How a workload leaves pod identity, or that it does not. */
export const routes = ['native', 'proxy', 'exchange', 'csi', 'keda', 'stays'] as const;

export type Route = (typeof routes)[number];
