import type { Check } from './check.ts';
import { addOn } from './checks/add-on.ts';
import { agent } from './checks/agent.ts';
import { agentRules } from './checks/agent-rules.ts';
import { assignments } from './checks/assignments.ts';
import { clientId } from './checks/client-id.ts';
import { clusterIdentity } from './checks/cluster-identity.ts';
import { clusterState } from './checks/cluster-state.ts';
import { controller } from './checks/controller.ts';
import { definitions } from './checks/definitions.ts';
import { entries } from './checks/entries.ts';
import { exceptions } from './checks/exceptions.ts';
import { exchange } from './checks/exchange.ts';
import { federatedCredentials } from './checks/federated-credentials.ts';
import { hostNetwork } from './checks/host-network.ts';
import { identities } from './checks/identities.ts';
import { identityIds } from './checks/identity-ids.ts';
import { kubeletIdentity } from './checks/kubelet-identity.ts';
import { label } from './checks/label.ts';
import { limits } from './checks/limits.ts';
import { metadataService } from './checks/metadata-service.ts';
import { networkPlugin } from './checks/network-plugin.ts';
import { networkPolicy } from './checks/network-policy.ts';
import { nodeIdentities } from './checks/node-identities.ts';
import { nodeMachines } from './checks/node-machines.ts';
import { nodeOs } from './checks/node-os.ts';
import { nodePools } from './checks/node-pools.ts';
import { objects } from './checks/objects.ts';
import { operatorRole } from './checks/operator-role.ts';
import { ownRoles } from './checks/own-roles.ts';
import { pod } from './checks/pod.ts';
import { previewFeature } from './checks/preview-feature.ts';
import { rights } from './checks/rights.ts';
import { selector } from './checks/selector.ts';
import { signIn } from './checks/sign-in.ts';
import { tenants } from './checks/tenants.ts';
import { token } from './checks/token.ts';
import { tokenRoles } from './checks/token-roles.ts';

/**
 * The chain from the sign-in to what a token opens, in the order of the report; each behind what it
 * leans on.
 */
export const checkList: readonly Check[] = [
  signIn,
  clusterState,
  rights,
  previewFeature,
  clusterIdentity,
  networkPlugin,
  nodePools,
  addOn,
  entries,
  identities,
  tenants,
  operatorRole,
  nodeIdentities,
  definitions,
  objects,
  limits,
  identityIds,
  kubeletIdentity,
  exchange,
  federatedCredentials,
  tokenRoles,
  pod,
  label,
  selector,
  clientId,
  exceptions,
  hostNetwork,
  nodeOs,
  networkPolicy,
  agent,
  controller,
  nodeMachines,
  assignments,
  agentRules,
  metadataService,
  token,
  ownRoles,
];
