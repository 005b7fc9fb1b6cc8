import { scaleSetId } from '../../src/emulator/scenarios/machine-parts.ts';
import { identityId } from '../../src/emulator/scenarios/scenario-parts.ts';
import type { BundledPrograms } from '../node/bundled-programs.ts';
import { namespaceObject } from './identity-objects.ts';
import { type OneNode, startOneNode } from './one-node.ts';
import { type AzureFiles, type MachineWorld, writeAzureFiles } from './standard-mode-azure.ts';

/** The identity that pods of the namespace `shop` use. */
export const web = {
  resourceId: identityId('web'),
  clientId: '00000000-0000-4000-8000-0000c11e0001',
  objectId: '00000000-0000-4000-8000-00000b1e0001',
};

/** Values by which the image of the run is installed. */
export const ownImage = ['podid.image.repository=docker.io/podid/podid', 'podid.image.tag=test'];

export interface SeenAssignment {
  readonly metadata: { readonly finalizers?: readonly string[] };
  readonly spec: { readonly pod: string };
  readonly status: { readonly status: string };
}

/** A cluster of one node for standard mode, whose machine is in an Azure on 10.1.0.1. */
export interface StandardNode {
  readonly cluster: OneNode;
  readonly files: AzureFiles;
  azure(): MachineWorld;
  /** Names of the identities that the node's machine carries. */
  carried(): readonly string[];
  assignments(): readonly SeenAssignment[];
  /** Values by which the controller signs in to that Azure with an identity of its own, and trusts it. */
  signIn(): readonly string[];
  stop(): Promise<void>;
}

/** With the namespace `shop` and the authority of that Azure in the ConfigMap `private-cloud`. @param image its archive */
export async function startStandardNode(programs: BundledPrograms, image: string): Promise<StandardNode> {
  const files = writeAzureFiles();
  const { certificate, key } = files;
  const cluster = await startOneNode(programs, {
    program: 'azure-of-machines',
    options: { certificate, key },
  });
  cluster.importImage(image);
  const providerID = `azure://${scaleSetId('nodepool1')}/virtualMachines/0`;
  cluster.kubectl('patch', 'node', cluster.nodeName, '-p', JSON.stringify({ spec: { providerID } }));
  const ca = `--from-file=ca.crt=${certificate}`;
  cluster.kubectl('create', 'configmap', 'private-cloud', '-n', 'kube-system', ca);
  cluster.apply(namespaceObject('shop'));
  const azure = (): MachineWorld =>
    JSON.parse(cluster.onNode('curl', '-sS', '-m', '10', 'http://10.1.0.1:8099/'));
  return {
    cluster,
    files,
    azure,
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
    async stop() {
      await cluster.stop();
      files.remove();
    },
  };
}
