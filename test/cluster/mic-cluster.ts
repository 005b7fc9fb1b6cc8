import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eachConcurrently } from '../../src/domain/time/each-concurrently.ts';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import { azureIdentity, binding, type SeenAssignment } from '../mic-on-emulator/mic-world.ts';
import { type ApiServer, adminToken, startApiServer } from './api-server.ts';
import { installDefinitions } from './install-definitions.ts';
import { watchAssignments } from './watch-assignments.ts';

/** A machine, and how many nodes it has: one where it is a virtual machine. */
export interface MachineSeed {
  readonly kind: 'virtualMachineScaleSets' | 'virtualMachines';
  readonly name: string;
  readonly nodes: readonly string[];
}

export interface PodSeed {
  readonly name: string;
  /** The binding label, which is the name of an identity. */
  readonly label: string;
  readonly node: string;
}

/** A real API server, and an Azure beside it that answers for its machines. */
export interface MicCluster extends AsyncDisposable {
  readonly api: ApiServer;
  readonly emulator: Emulator;
  /** A private folder, gone with the cluster. */
  readonly folder: string;
  /** @param path of the object, or of the list where `method` is POST @param onSent called when the request goes out */
  send(method: 'POST' | 'DELETE', path: string, body?: object, onSent?: () => void): Promise<number>;
  /** @param hear told of each change; `DELETED` of what goes @returns what ends the watch */
  watchAssignments(hear: (type: string, assignment: SeenAssignment) => void): () => void;
}

const subscription = '00000000-0000-4000-8000-000000000001';
export const nodeGroup = 'MC_demo-rg_demo_westeurope';
const compute = `/subscriptions/${subscription}/resourceGroups/${nodeGroup}/providers/Microsoft.Compute`;
const user = { authorization: `Bearer ${adminToken}` };

/** Of an identity of these clusters. */
export function resourceOf(name: string): string {
  return `/subscriptions/${subscription}/resourceGroups/demo-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
}

export async function startMicCluster(
  label: string,
  seed: {
    readonly identities: readonly string[];
    readonly machines: readonly MachineSeed[];
    readonly settings: object;
    /** Azure is asked over https, as the SDK wants it of whoever signs in. */
    readonly tls?: boolean;
  },
): Promise<MicCluster> {
  const folder = mkdtempSync(join(tmpdir(), `podid-${label}-`));
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const starting = [
    startApiServer(label, ['--disable-admission-plugins=ServiceAccount']),
    startEmulator({ scenario: 'node-pools', tls: seed.tls === true }),
  ] as const;
  // What has started ends whatever becomes of the rest.
  const end = async () => {
    agent.destroy();
    const servers = await Promise.allSettled(starting);
    await Promise.all(servers.map((each) => (each.status === 'fulfilled' ? each.value.stop() : undefined)));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const [api, emulator] = await Promise.all(starting);
    installDefinitions(api);
    api.kubectl('create', 'namespace', 'demo');
    emulator.seed({
      settings: { operationPolls: 0, ...seed.settings },
      identities: seed.identities.map(identityDocument),
      machines: seed.machines.map(machineDocument),
    });
    createSeed(api, folder, seed);
    return {
      api,
      emulator,
      folder,
      send: (method, to, body, onSent) => send(agent, method, `${api.url}${to}`, body, onSent),
      watchAssignments: (hear) => watchAssignments(api, hear),
      [Symbol.asyncDispose]: end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

function createSeed(
  api: ApiServer,
  folder: string,
  seed: { readonly identities: readonly string[]; readonly machines: readonly MachineSeed[] },
): void {
  const objects = [
    ...seed.identities.flatMap((name) => [
      azureIdentity(name, { resourceID: resourceOf(name) }),
      binding(name, name),
    ]),
    ...seed.machines.flatMap(nodesOf),
  ];
  // kubectl refuses a list of nothing.
  if (objects.length > 0) {
    const path = join(folder, 'objects.json');
    writeFileSync(path, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
    api.kubectl('create', '-f', path);
  }
}

/** @param onSent hears the name of each pod right before the server does */
export async function createPods(
  cluster: Pick<MicCluster, 'send'>,
  pods: readonly PodSeed[],
  onSent: (name: string) => void,
): Promise<void> {
  await eachConcurrently(
    pods,
    async (pod) => {
      const status = await cluster.send('POST', '/api/v1/namespaces/demo/pods', podObject(pod), () =>
        onSent(pod.name),
      );
      if (status !== 201) {
        throw new Error(`Pod ${pod.name} was answered ${status}.`);
      }
    },
    32,
  );
}

export async function deletePods(cluster: Pick<MicCluster, 'send'>, names: readonly string[]): Promise<void> {
  const now = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0 };
  await eachConcurrently(
    names,
    async (name) => {
      const status = await cluster.send('DELETE', `/api/v1/namespaces/demo/pods/${name}`, now);
      if (status !== 200) {
        throw new Error(`The end of pod ${name} was answered ${status}.`);
      }
    },
    32,
  );
}

/** Requests about machines so far, as Azure counted them. */
export function machineRequests({ requests }: Emulator): { reads: number; patches: number; polls: number } {
  const count = (...operations: readonly string[]) =>
    requests.filter(({ operation }) => operations.includes(operation)).length;
  return {
    reads: count('machines.get', 'machines.list'),
    patches: count('machines.patch'),
    polls: count('operations.get'),
  };
}

function identityDocument(name: string) {
  return {
    id: resourceOf(name),
    name,
    type: 'Microsoft.ManagedIdentity/userAssignedIdentities',
    location: 'westeurope',
    properties: { clientId: `client-${name}`, principalId: `object-${name}`, tenantId: 't' },
  };
}

function machineDocument({ kind, name }: MachineSeed) {
  return {
    id: `${compute}/${kind}/${name}`,
    name,
    type: `Microsoft.Compute/${kind}`,
    location: 'westeurope',
    properties: { provisioningState: 'Succeeded', upgradePolicy: { mode: 'Manual' } },
  };
}

function nodesOf({ kind, name, nodes }: MachineSeed) {
  return nodes.map((node, number) => {
    const instance = kind === 'virtualMachineScaleSets' ? `/virtualMachines/${number}` : '';
    const providerID = `azure://${compute}/${kind}/${name}${instance}`;
    return { apiVersion: 'v1', kind: 'Node', metadata: { name: node }, spec: { providerID } };
  });
}

function podObject({ name, label, node }: PodSeed) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'demo', labels: { aadpodidbinding: label } },
    spec: { nodeName: node, containers: [{ name: 'c', image: 'i' }] },
  };
}

/** The connection stands when `onSent` is called. */
function send(
  agent: Agent,
  method: string,
  url: string,
  body: object | undefined,
  onSent: () => void = () => undefined,
): Promise<number> {
  const text = JSON.stringify(body ?? {});
  // A DELETE has no body by default, and Node announces none.
  const headers = {
    ...user,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  };
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, method, headers, rejectUnauthorized: false }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.on('error', reject);
    sent.on('socket', (socket) => {
      const begin = () => {
        onSent();
        sent.end(text);
      };
      socket.connecting ? socket.once('secureConnect', begin) : begin();
    });
  });
}
