import { scaleSetId } from '../../src/emulator/scenarios/machine-parts.ts';
import { identityId } from '../../src/emulator/scenarios/scenario-parts.ts';
import type { BundledPrograms } from '../node/bundled-programs.ts';
import { type AzureNode, startAzureNode } from './azure-node.ts';

/** The identities that pods of the namespace `shop` use. */
export const web = {
  resourceId: identityId('web'),
  clientId: '00000000-0000-4000-8000-0000c11e0001',
  objectId: '00000000-0000-4000-8000-00000b1e0001',
};

export const jobs = {
  resourceId: identityId('jobs'),
  clientId: '00000000-0000-4000-8000-0000c11e0002',
  objectId: '00000000-0000-4000-8000-00000b1e0002',
};

export interface SeenAssignment {
  readonly metadata: { readonly finalizers?: readonly string[] };
  readonly spec: { readonly pod: string };
  readonly status: { readonly status: string };
}

/** A cluster of one node for standard mode, with its machine. */
export interface StandardNode extends AzureNode {
  /** Names of the identities that the node's machine carries. */
  carried(): readonly string[];
  assignments(): readonly SeenAssignment[];
  /** Values by which the controller signs in to that Azure with an identity of its own, and trusts it. */
  signIn(): readonly string[];
}

/** @param image its archive */
export async function startStandardNode(programs: BundledPrograms, image: string): Promise<StandardNode> {
  const account = 'kube-system:podid-mic';
  const node = await startAzureNode({ programs, image, scenario: 'standard-mode', account });
  const { cluster, files, azure } = node;
  const providerID = `azure://${scaleSetId('nodepool1')}/virtualMachines/0`;
  cluster.kubectl('patch', 'node', cluster.nodeName, '-p', JSON.stringify({ spec: { providerID } }));
  return {
    ...node,
    carried: () => azure().carried[scaleSetId('nodepool1').toLowerCase()] ?? [],
    assignments: () =>
      JSON.parse(cluster.kubectl('get', 'azureassignedidentities', '-A', '-o', 'json')).items,
    signIn() {
      const { tenantId, clientId } = azure();
      return [
        ...[`podid.mic.clientId=${clientId}`, `podid.mic.tenantId=${tenantId}`],
        ...['podid.mic.cloud=AzureStackCloud', 'mic.customCloud.enabled=true'],
        // No public authority gives a certificate for 10.1.0.1.
        ...[`mic.customCloud.configPath=${files.cloud}`, 'podid.extraCa.configMap=private-cloud'],
      ];
    },
  };
}
