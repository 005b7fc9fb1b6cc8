/**
 * Every failure a user can meet, with the exit code a script sees. `docs/errors.md` is generated from this
 * list. Exit codes: 1 a query that does not fit, 2 usage, 3 signed out, 4 not found, 5 conflict, 6 forbidden,
 * 7 unavailable or timed out, 8 done but Failed, 130 and 143 interrupted. Anything that is not in this list
 * is a fault of podid's own: 1.
 */
export const errorCatalog = {
  InvalidUsage: { exitCode: 2, summary: 'A flag or a value is wrong. Nothing was sent.' },
  InvalidKubeconfig: { exitCode: 2, summary: 'The kubeconfig cannot be read or names no such context.' },
  ConfirmationRequired: {
    exitCode: 2,
    summary: 'The command asks before it acts, and nobody is there to answer.',
  },
  QueryFailed: {
    exitCode: 1,
    summary: '--query does not fit the result, which is printed whole. A change that was asked for is done.',
  },
  OutputFailed: {
    exitCode: 1,
    summary:
      'The result could not be written to stdout: a full disk, for one. A change that was asked for is done.',
  },
  NotSignedIn: { exitCode: 3, summary: 'No credential for Azure was found, or Azure refused the one found.' },
  ClusterNotFound: {
    exitCode: 4,
    summary: 'The AKS cluster does not exist, or its resource group or subscription.',
  },
  IdentityNotFound: { exitCode: 4, summary: 'The managed identity does not exist.' },
  EntryNotFound: {
    exitCode: 4,
    summary: 'The cluster has no pod identity or exception of that namespace and name.',
  },
  NamespaceNotFound: {
    exitCode: 4,
    summary: 'With --mode cluster: the cluster has no such namespace, and objects need one.',
  },
  MachineNotFound: { exitCode: 4, summary: 'The scale set or virtual machine does not exist.' },
  NodePoolNotFound: {
    exitCode: 4,
    summary: 'The cluster has no node pool of that name, or the pool has no machines.',
  },
  RoleNotFound: { exitCode: 4, summary: 'No role of that name can be assigned at the scope.' },
  TokenRefused: {
    exitCode: 4,
    summary: 'The metadata service has no token for this pod; the message is what it says.',
  },
  SubscriptionNotFound: { exitCode: 4, summary: 'No subscription of that id or name is visible.' },
  AddonDisabled: { exitCode: 5, summary: 'The pod-identity add-on is off on this cluster.' },
  AddonEnabled: {
    exitCode: 5,
    summary: 'With --mode cluster: the pod-identity add-on is on, so its profile is the truth.',
  },
  ServicePrincipalCluster: {
    exitCode: 5,
    summary: 'The cluster runs as a service principal; pod identity needs a managed identity.',
  },
  KubenetConsentMissing: { exitCode: 5, summary: 'Pod identity on kubenet needs an explicit consent.' },
  ClusterStateForbids: { exitCode: 5, summary: 'The cluster is stopped or being deleted.' },
  NoLinuxScaleSetPool: {
    exitCode: 5,
    summary: 'No node pool can use pod identity: it needs Linux on scale sets.',
  },
  TenantMismatch: { exitCode: 5, summary: 'Cluster, identity and subscription are not in one tenant.' },
  UnknownClusterIdentity: {
    exitCode: 5,
    summary: 'The principal of the control plane cannot be told; podid does not guess.',
  },
  IdentityChangeForbidden: {
    exitCode: 5,
    summary: "The cluster's own identities do not allow this change of them.",
  },
  LimitReached: { exitCode: 5, summary: 'A cluster holds at most 200 pod identities and 200 exceptions.' },
  EntryConflict: { exitCode: 5, summary: 'An entry of that namespace and name exists with other content.' },
  ClusterBusy: { exitCode: 5, summary: 'Another operation runs on the cluster.' },
  StaleCluster: { exitCode: 5, summary: 'The cluster changed between reading and writing, again and again.' },
  AssignmentBlocked: {
    exitCode: 5,
    summary: 'An entry whose identity or role is gone keeps Azure from changing the profile.',
  },
  EntriesLost: { exitCode: 5, summary: 'The answer to the write lacks entries that were sent.' },
  RoleAssignmentBlocked: { exitCode: 5, summary: 'The role cannot be assigned: a lock, a limit or a clash.' },
  FeatureNotRegistered: {
    exitCode: 5,
    summary: 'The subscription lacks a preview feature, such as EnablePodIdentityPreview.',
  },
  MachineBusy: { exitCode: 5, summary: 'Another operation runs on the scale set or virtual machine.' },
  StaleMachine: {
    exitCode: 5,
    summary: 'The scale set or virtual machine changed between reading and writing, again and again.',
  },
  MachineStateForbids: { exitCode: 5, summary: 'The scale set or virtual machine is being deleted.' },
  IdentityInUse: {
    exitCode: 5,
    summary: 'The cluster, or a binding or entry of it, still needs the identity on its nodes.',
  },
  AssignRefused: {
    exitCode: 5,
    summary: 'Azure refused to change the identities of a scale set or virtual machine.',
  },
  PolicyBlocked: {
    exitCode: 5,
    summary: "The cluster has no such policy engine, or an object of its name is somebody else's.",
  },
  AzureRefused: { exitCode: 5, summary: 'Azure refused the request.' },
  AgentPresent: {
    exitCode: 5,
    summary:
      'Another node agent is in the cluster, or this one belongs to Helm; the message names the ways on.',
  },
  AgentRefused: {
    exitCode: 5,
    summary: 'The cluster does not take the agent: a policy, Pod Security, or objects that others wrote.',
  },
  Forbidden: {
    exitCode: 6,
    summary: 'The caller lacks a right; the message names principal, action and scope.',
  },
  AssignForbidden: {
    exitCode: 6,
    summary: 'The caller may not put identities on these machines, or take them away; the message says why.',
  },
  IdentityIncomplete: {
    exitCode: 7,
    summary: 'The managed identity is still being created: clientId or principalId is missing.',
  },
  Unavailable: {
    exitCode: 7,
    summary: 'Azure did not answer, or answered with nothing usable. Trying again may help.',
  },
  TimedOut: { exitCode: 7, summary: 'The wait ended before Azure did. The same command resumes.' },
  AssignmentPending: {
    exitCode: 7,
    summary: 'The fresh role has not reached the cluster yet. The same command resumes.',
  },
  ClusterUnreachable: { exitCode: 7, summary: "The cluster's API server cannot be reached." },
  AgentNotReady: {
    exitCode: 7,
    summary: 'The agent is installed, and not ready on every node within --timeout.',
  },
  CleanUpIncomplete: {
    exitCode: 7,
    summary: 'The agent is gone, and some nodes may still hold its rules. The same command resumes.',
  },
  MirrorFailed: {
    exitCode: 7,
    summary: 'The objects in the cluster could not be brought in line (6 when the cluster forbade it).',
  },
  EntryFailed: {
    exitCode: 8,
    summary: 'Azure accepted the change, and the entry or the operation ended as Failed.',
  },
  EntriesLeftOut: {
    exitCode: 8,
    summary: 'Under --keep-going: entries that cannot be done were left out, and the rest is applied.',
  },
  MachinesLeftOut: {
    exitCode: 8,
    summary: 'Some machines took the change and others did not; the details name each with its reason.',
  },
  Interrupted: { exitCode: 130, summary: 'Interrupted. What Azure has accepted goes on there.' },
  Terminated: { exitCode: 143, summary: 'Terminated. What Azure has accepted goes on there.' },
} as const satisfies Record<string, { exitCode: number; summary: string }>;

export type ErrorCode = keyof typeof errorCatalog;
