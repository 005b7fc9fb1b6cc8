import type { JsonObject } from '../exact-json.ts';
import { ownMachine, poolMachine, scaleSet } from './machine-parts.ts';
import { nodes } from './nodes.ts';
import { cluster, demoNamespace, identity, identityId, parts } from './scenario-parts.ts';

/**
 * Managed mode without the add-on: two Linux pools on scale sets, one of single machines, one of Windows, and
 * a machine outside the cluster. `jobs` is on the pool `batch`, whose last instance waits for another image;
 * a binding uses it.
 */
export const nodePools: JsonObject = parts({
  clusters: [
    cluster({
      agentPoolProfiles: [
        pool('nodepool1', 'Linux', 'VirtualMachineScaleSets'),
        pool('batch', 'Linux', 'VirtualMachineScaleSets'),
        pool('solo', 'Linux', 'VirtualMachines'),
        pool('win', 'Windows', 'VirtualMachineScaleSets'),
      ],
    }),
  ],
  machines: [
    ...scaleSet({ pool: 'nodepool1' }),
    ...scaleSet({
      pool: 'batch',
      identityIds: [identityId('jobs')],
      systemAssigned: '00000000-0000-4000-8000-00000b1e00fe',
      oldImages: 1,
    }),
    poolMachine('solo', 1),
    poolMachine('solo', 2),
    ...scaleSet({ pool: 'win', os: 'Windows' }),
    ownMachine('build-agent'),
  ],
  kubernetes: [
    demoNamespace,
    ...nodes(),
    object('AzureIdentity', 'jobs', { type: 0, resourceID: identityId('jobs'), clientID: clientId() }),
    object('AzureIdentityBinding', 'jobs-binding', { azureIdentity: 'jobs', selector: 'jobs' }),
  ],
});

function pool(name: string, osType: string, type: string): JsonObject {
  return {
    name,
    count: 2,
    vmSize: 'Standard_D4s_v5',
    osType,
    mode: name === 'nodepool1' ? 'System' : 'User',
    type,
    orchestratorVersion: '1.33',
    currentOrchestratorVersion: '1.33.5',
    powerState: { code: 'Running' },
  };
}

function clientId(): string {
  return String((identity('jobs', 2)['properties'] as JsonObject)['clientId']);
}

function object(kind: string, name: string, spec: JsonObject): JsonObject {
  return { apiVersion: 'aadpodidentity.k8s.io/v1', kind, metadata: { name, namespace: 'demo' }, spec };
}
