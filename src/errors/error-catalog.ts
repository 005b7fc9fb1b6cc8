/**
 * Every failure a user can meet, with the exit code a script sees. `docs/errors.md` is generated from this
 * list. Exit codes: 1 a query that does not fit, 2 usage, 3 signed out, 4 not found, 5 conflict, 6 forbidden,
 * 7 unavailable or timed out, 8 done but Failed, 130 and 143 interrupted. Anything that is not in this list
 * is a fault of podid's own: 1.
 */
export const errorCatalog = {
  InvalidUsage: { exitCode: 2, summary: 'A flag or a value is wrong. Nothing was sent.' },
  InvalidKubeconfig: {
    exitCode: 2,
    summary: 'The kubeconfig cannot be read, or has no context of that name.',
  },
  ConfirmationRequired: {
    exitCode: 2,
    summary: 'The command asks for a confirmation, and there is no terminal to ask on. Give --yes.',
  },
  QueryFailed: {
    exitCode: 1,
    summary:
      'The --query cannot be applied to the result, so the whole result is printed. The change itself is done.',
  },
  OutputFailed: {
    exitCode: 1,
    summary:
      'The result could not be written to stdout, for example because a disk is full. The change itself is done.',
  },
  NotSignedIn: {
    exitCode: 3,
    summary: 'No credential for Azure was found, or Azure refused the one that was found.',
  },
  ClusterNotFound: {
    exitCode: 4,
    summary: 'The AKS cluster, its resource group or its subscription does not exist.',
  },
  IdentityNotFound: { exitCode: 4, summary: 'The managed identity does not exist.' },
  EntryNotFound: {
    exitCode: 4,
    summary: 'The cluster has no pod identity or exception of that namespace and name.',
  },
  WorkloadNotFound: { exitCode: 4, summary: 'No workload of that kind and name has pod identity.' },
  NamespaceNotFound: {
    exitCode: 4,
    summary:
      'With --mode cluster: the namespace does not exist in the cluster, and the objects of an entry need it.',
  },
  MachineNotFound: { exitCode: 4, summary: 'The scale set or virtual machine does not exist.' },
  NodePoolNotFound: {
    exitCode: 4,
    summary: 'The cluster has no node pool of that name, or the pool has no machines.',
  },
  RoleNotFound: { exitCode: 4, summary: 'There is no role of that name that can be assigned at this scope.' },
  TokenRefused: {
    exitCode: 4,
    summary: 'The metadata service gives no token to this pod. The message is its answer.',
  },
  SubscriptionNotFound: { exitCode: 4, summary: 'You see no subscription with that id or name.' },
  WorkloadsLeft: { exitCode: 5, summary: 'Workloads still have pod identity. The details name them.' },
  AddonDisabled: { exitCode: 5, summary: 'The pod-identity add-on is off on this cluster.' },
  AddonEnabled: {
    exitCode: 5,
    summary:
      'With --mode cluster: the pod-identity add-on is on, so entries belong into its profile in Azure.',
  },
  ServicePrincipalCluster: {
    exitCode: 5,
    summary: 'The cluster runs as a service principal; pod identity needs a managed identity.',
  },
  KubenetConsentMissing: { exitCode: 5, summary: 'Pod identity on kubenet needs your explicit consent.' },
  ClusterStateForbids: { exitCode: 5, summary: 'The cluster is stopped or being deleted.' },
  NoLinuxScaleSetPool: {
    exitCode: 5,
    summary: 'No node pool can use pod identity, which needs Linux nodes on scale sets.',
  },
  TenantMismatch: {
    exitCode: 5,
    summary: 'The cluster, the identity and the subscription are not in the same tenant.',
  },
  UnknownClusterIdentity: {
    exitCode: 5,
    summary: 'It cannot be determined which principal the control plane acts as, and podid does not guess.',
  },
  IdentityChangeForbidden: {
    exitCode: 5,
    summary:
      "This change of the cluster's own identities is not possible with the identities that it has now.",
  },
  LimitReached: {
    exitCode: 5,
    summary:
      'A cluster holds at most 200 pod identities and 200 exceptions, and a managed identity 20 federated credentials.',
  },
  FederationUnavailable: {
    exitCode: 5,
    summary: 'The region of the managed identity has no federated credentials.',
  },
  FederatedCredentialDiffers: {
    exitCode: 5,
    summary:
      'A federated credential of the same issuer and subject was made by others, for another audience.',
  },
  ExchangeUnavailable: {
    exitCode: 5,
    summary:
      'The cluster, or its node agent, cannot exchange tokens as it is. The message says what it lacks.',
  },
  TakeoverBlocked: {
    exitCode: 5,
    summary:
      'The takeover of the add-on cannot go on as the cluster is now. The message says why; what was done stays done.',
  },
  TakeoverUnusable: {
    exitCode: 5,
    summary: 'The ConfigMap podid-takeover is of another cluster, or was changed by others: it says nothing.',
  },
  EntryConflict: {
    exitCode: 5,
    summary: 'An entry with that namespace and name exists, with different content.',
  },
  ClusterBusy: { exitCode: 5, summary: 'Another operation is running on the cluster.' },
  StaleCluster: {
    exitCode: 5,
    summary: 'The cluster was changed by others between reading and writing, at every attempt.',
  },
  AssignmentBlocked: {
    exitCode: 5,
    summary:
      'Azure refuses every change of the profile, because the identity of an entry, or its role, is missing.',
  },
  EntriesLost: { exitCode: 5, summary: 'Entries that were sent are missing in the answer of Azure.' },
  RoleAssignmentBlocked: {
    exitCode: 5,
    summary: 'The role cannot be assigned because of a lock, a limit or a conflicting assignment.',
  },
  FeatureNotRegistered: {
    exitCode: 5,
    summary: 'A preview feature, such as EnablePodIdentityPreview, is not registered for the subscription.',
  },
  MachineBusy: { exitCode: 5, summary: 'Another operation is running on the scale set or virtual machine.' },
  StaleMachine: {
    exitCode: 5,
    summary:
      'The scale set or virtual machine was changed by others between reading and writing, at every attempt.',
  },
  MachineStateForbids: { exitCode: 5, summary: 'The scale set or virtual machine is being deleted.' },
  IdentityInUse: {
    exitCode: 5,
    summary: 'The cluster itself, a binding or an entry still needs the identity on the nodes.',
  },
  AssignRefused: {
    exitCode: 5,
    summary: 'Azure refused to change the identities of a scale set or virtual machine.',
  },
  PolicyBlocked: {
    exitCode: 5,
    summary:
      'The policy engine is not installed in the cluster, or another manager owns an object of the same name.',
  },
  AzureRefused: { exitCode: 5, summary: 'Azure refused the request.' },
  AgentPresent: {
    exitCode: 5,
    summary:
      'The cluster has another node agent, or one that Helm manages. The message says what you can do.',
  },
  AgentRefused: {
    exitCode: 5,
    summary: 'The cluster refuses the agent because of a policy, Pod Security, or objects of other managers.',
  },
  Forbidden: {
    exitCode: 6,
    summary: 'A permission is missing. The message names the principal, the action and the scope.',
  },
  AssignForbidden: {
    exitCode: 6,
    summary: 'You may not assign identities to these machines or remove them. The message says why.',
  },
  IdentityIncomplete: {
    exitCode: 7,
    summary: 'The managed identity is still being created: clientId or principalId is missing.',
  },
  Unavailable: {
    exitCode: 7,
    summary: 'Azure did not answer, or its answer cannot be used. Trying again may help.',
  },
  TimedOut: {
    exitCode: 7,
    summary: 'Azure did not finish within the time limit. The same command goes on waiting.',
  },
  AssignmentPending: {
    exitCode: 7,
    summary:
      'Azure does not see the new role assignment yet. The same command continues where this one ended.',
  },
  ClusterUnreachable: { exitCode: 7, summary: "The cluster's API server cannot be reached." },
  AgentNotReady: {
    exitCode: 7,
    summary: 'The agent is installed, but was not ready on every node within --timeout.',
  },
  CleanUpIncomplete: {
    exitCode: 7,
    summary:
      'The agent is removed, but some nodes may still have its rules. The same command continues where this one ended.',
  },
  MirrorFailed: {
    exitCode: 7,
    summary:
      'The objects in the cluster could not be written to match Azure (exit code 6 when the cluster forbade it, 5 when Azure refused to run a command there).',
  },
  EntryFailed: {
    exitCode: 8,
    summary: 'Azure accepted the change, but the entry or the operation ended as Failed.',
  },
  EntriesLeftOut: {
    exitCode: 8,
    summary:
      'With --keep-going: some entries could not be applied and were left out; the others are applied.',
  },
  MachinesLeftOut: {
    exitCode: 8,
    summary:
      'Some machines were changed and others were not. The details name each of the others, with the reason.',
  },
  ExchangeIncomplete: {
    exitCode: 8,
    summary:
      'Some identities were switched and others were not. The details name each of the others, with the reason.',
  },
  MigrationIncomplete: {
    exitCode: 8,
    summary:
      'Some workloads were moved as far as was asked for and others were not. The details name each of the others, with the reason.',
  },
  Interrupted: { exitCode: 130, summary: 'Interrupted. Azure finishes what it has accepted.' },
  Terminated: { exitCode: 143, summary: 'Terminated. Azure finishes what it has accepted.' },
} as const satisfies Record<string, { exitCode: number; summary: string }>;

export type ErrorCode = keyof typeof errorCatalog;
