import { type JsonObject, textAt } from '../exact-json.ts';
import { poolMachine, scaleSet, scaleSetId } from './machine-parts.ts';
import { nodeName, nodes } from './nodes.ts';
import { cluster, demoNamespace, identity, parts } from './scenario-parts.ts';

const web = identity('web', 1);
const jobs = identity('jobs', 2);
const solo = poolMachine('solo', 1);
const soloId = String(solo['id']);

/**
 * Standard mode without the add-on: a scale set of two nodes and a virtual machine, none of which carries the
 * identities that bindings name, and on both a pod that waits for one. The metadata service is that of the first
 * node. A controller that puts identities on machines is to be started by hand.
 */
export const standardMode: JsonObject = parts({
  settings: { imdsMachines: { '*': `${scaleSetId('nodepool1')}/virtualMachines/0` } },
  clusters: [
    cluster({
      agentPoolProfiles: [
        pool('nodepool1', 'VirtualMachineScaleSets', 2),
        pool('solo', 'VirtualMachines', 1),
      ],
    }),
  ],
  identities: [web, jobs],
  machines: [...scaleSet({ pool: 'nodepool1' }), solo],
  kubernetes: [
    demoNamespace,
    ...nodes({ mode: 'standard', machines: [soloId] }),
    ...bound(web),
    ...bound(jobs),
    pod('web', nodeName(0), '10.244.0.10'),
    pod('jobs', String(solo['name']), '10.244.2.10'),
  ],
});

function pool(name: string, type: string, count: number): JsonObject {
  return {
    name,
    count,
    vmSize: 'Standard_D4s_v5',
    osType: 'Linux',
    mode: name === 'nodepool1' ? 'System' : 'User',
    type,
    orchestratorVersion: '1.33',
    currentOrchestratorVersion: '1.33.5',
    powerState: { code: 'Running' },
  };
}

/** An AzureIdentity and its binding, of the identity's own name. */
function bound(of: JsonObject): JsonObject[] {
  const name = String(of['name']);
  const clientID = textAt(of, 'properties', 'clientId');
  return [
    object('AzureIdentity', name, { type: 0, resourceID: of['id'], clientID }),
    object('AzureIdentityBinding', `${name}-binding`, { azureIdentity: name, selector: name }),
  ];
}

function object(kind: string, name: string, spec: JsonObject): JsonObject {
  return { apiVersion: 'aadpodidentity.k8s.io/v1', kind, metadata: { name, namespace: 'demo' }, spec };
}

function pod(label: string, onNode: string, podIP: string): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${label}-1`, namespace: 'demo', labels: { aadpodidbinding: label } },
    spec: { nodeName: onNode, containers: [{ name: label, image: `${label}:1` }] },
    status: {
      phase: 'Running',
      podIP,
      podIPs: [{ ip: podIP }],
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  };
}
