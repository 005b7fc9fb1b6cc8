import type { FetchEntraToken } from '../domain/azure/entra-sign-in.ts';
import type {
  Azure,
  Clusters,
  Features,
  FederatedCredentials,
  Identities,
  IdentityBindings,
  Permissions,
  Roles,
  Subscriptions,
} from '../domain/ports.ts';
import { connectArm } from './connection/arm-connection.ts';
import { roleAssignmentName } from './identities/role-assignment-name.ts';
import { type AzureChoice, readAzureSettings } from './sign-in/read-azure-settings.ts';

/**
 * The adapters to Azure. Each loads its SDK client on first use, so that a command pays for what it needs
 * alone; no request is sent here.
 *
 * @throws PodidError InvalidUsage
 */
export async function connectAzure(choice: AzureChoice): Promise<Azure> {
  const settings = await readAzureSettings(choice);
  const connection = connectArm(settings);
  const clusters = once<Clusters>(async () =>
    (await import('./clusters/clusters.ts')).armClusters(connection, settings.apiVersion, (...asked) =>
      entraToken(...asked),
    ),
  );
  const identities = once<Identities>(async () =>
    (await import('./identities/identities.ts')).armIdentities(connection),
  );
  const roles = once<Roles>(async () => (await import('./identities/roles.ts')).armRoles(connection));
  const subscriptions = once<Subscriptions>(async () =>
    (await import('./clusters/subscriptions.ts')).armSubscriptions(connection),
  );
  const features = once<Features>(async () =>
    (await import('./clusters/features.ts')).armFeatures(connection),
  );
  const permissions = once<Permissions>(async () =>
    (await import('./identities/permissions.ts')).armPermissions(connection),
  );
  const federatedCredentials = once<FederatedCredentials>(async () =>
    (await import('./identities/federated-credentials.ts')).armFederatedCredentials(connection),
  );
  const identityBindings = once<IdentityBindings>(async () =>
    (await import('./clusters/identity-bindings.ts')).armIdentityBindings(connection),
  );
  const machines = once(async () => (await import('./machines/machines.ts')).armMachines(connection));
  const machineChanges = once(async () =>
    (await import('./machines/change-machines.ts')).armMachineChanges(connection),
  );
  const entraToken: FetchEntraToken = async (...asked) =>
    (await import('./sign-in/entra-token.ts')).fetchEntraToken(settings, ...asked);
  return {
    clusters: {
      get: async (...asked) => (await clusters()).get(...asked),
      put: async (...asked) => (await clusters()).put(...asked),
      follow: async (...asked) => (await clusters()).follow(...asked),
      upgradeNodeImage: async (...asked) => (await clusters()).upgradeNodeImage(...asked),
      list: async (...asked) => (await clusters()).list(...asked),
      userKubeconfig: async (...asked) => (await clusters()).userKubeconfig(...asked),
      apiServerHosts: async (...asked) => (await clusters()).apiServerHosts(...asked),
      prepareCommand: async (...asked) => (await clusters()).prepareCommand(...asked),
      runCommand: async (...asked) => (await clusters()).runCommand(...asked),
    },
    identities: {
      list: async (...asked) => (await identities()).list(...asked),
      get: async (...asked) => (await identities()).get(...asked),
      create: async (...asked) => (await identities()).create(...asked),
    },
    roles: {
      assignmentsFor: async (...asked) => (await roles()).assignmentsFor(...asked),
      assignmentsOf: async (...asked) => (await roles()).assignmentsOf(...asked),
      assignmentsIn: async (...asked) => (await roles()).assignmentsIn(...asked),
      definition: async (...asked) => (await roles()).definition(...asked),
      find: async (...asked) => (await roles()).find(...asked),
      assignmentName: roleAssignmentName,
      create: async (...asked) => (await roles()).create(...asked),
      delete: async (...asked) => (await roles()).delete(...asked),
    },
    subscriptions: {
      find: async (...asked) => (await subscriptions()).find(...asked),
      list: async (...asked) => (await subscriptions()).list(...asked),
    },
    features: {
      state: async (...asked) => (await features()).state(...asked),
      register: async (...asked) => (await features()).register(...asked),
      registerProvider: async (...asked) => (await features()).registerProvider(...asked),
    },
    federatedCredentials: {
      list: async (...asked) => (await federatedCredentials()).list(...asked),
      create: async (...asked) => (await federatedCredentials()).create(...asked),
      remove: async (...asked) => (await federatedCredentials()).remove(...asked),
    },
    identityBindings: { list: async (...asked) => (await identityBindings()).list(...asked) },
    permissions: { at: async (...asked) => (await permissions()).at(...asked) },
    machines: {
      get: async (...asked) => (await machines()).get(...asked),
      scaleSets: async (...asked) => (await machines()).scaleSets(...asked),
      virtualMachines: async (...asked) => (await machines()).virtualMachines(...asked),
      instances: async (...asked) => (await machines()).instances(...asked),
      assignIdentities: async (...asked) => (await machineChanges()).assignIdentities(...asked),
      removeIdentities: async (...asked) => (await machineChanges()).removeIdentities(...asked),
      upgradeInstances: async (...asked) => (await machineChanges()).upgradeInstances(...asked),
      follow: async (...asked) => (await machines()).follow(...asked),
    },
    entraToken,
    exchangeAssertion: async (...asked) =>
      (await import('./sign-in/exchange-assertion.ts')).exchangeAssertion(settings, ...asked),
    exchangeEndpoint: async () =>
      (await import('./sign-in/exchange-assertion.ts')).exchangeEndpoint(settings),
    caller: connection.caller,
  };
}

function once<Adapter>(load: () => Promise<Adapter>): () => Promise<Adapter> {
  let loading: Promise<Adapter> | undefined;
  return () => {
    loading ??= load();
    return loading;
  };
}
