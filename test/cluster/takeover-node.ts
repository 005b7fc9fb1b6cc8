import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as passing } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { JsonObject } from '../../src/emulator/exact-json.ts';
import { scaleSet, scaleSetId } from '../../src/emulator/scenarios/machine-parts.ts';
import {
  cluster as azureCluster,
  entry,
  identity,
  operatorRole,
} from '../../src/emulator/scenarios/scenario-parts.ts';
import type { AddonRemoval } from '../../src/emulator/settings.ts';
import type { AddonPart } from '../../src/emulator/world.ts';
import type { BundledPrograms } from '../node/bundled-programs.ts';
import { ownImage, startAzureNode } from './azure-node.ts';
import { namespaceObject } from './identity-objects.ts';
import { measured } from './measured.ts';
import { eventually, type OneNode, tellState } from './one-node.ts';

const checkout = join(import.meta.dirname, '../..');

/** A real node with the add-on, as far as a takeover meets it: entries `web` and `stays` of the namespace `demo`. */
export interface TakeoverNode {
  readonly cluster: OneNode;
  /** In which files may be written. */
  readonly folder: string;
  /** Of `podid takeover apply`, all but how far. */
  readonly apply: string;
  /** Runs a command on that cluster, which has to succeed. @returns what it printed as JSON */
  podid(line: string): Promise<never>;
  /** Takes from the real cluster what Azure says that it takes, in its order. @returns when all of it is gone */
  followRemoval(): Promise<void>;
}

/** Cannot be exchanged: it is where Azure has no federated credentials. */
export const stays = { clientId: '00000000-0000-4000-8000-0000c11e0003' };

/** Runs `play` on a cluster of its own, and shows its state where that fails. */
export async function onTakeoverNode(
  programs: BundledPrograms,
  image: string,
  removal: Omit<AddonRemoval, 'delayMs'>,
  play: (node: TakeoverNode) => Promise<void>,
): Promise<void> {
  const node = await startAzureNode({ programs, image, scenario: 'oidc-issuer', seed: azureWith(removal) });
  const { cluster, files } = node;
  const podid = async (line: string) => {
    const variables = Object.entries(node.environment()).map(([name, value]) => `${name}=${value}`);
    const begunMs = Date.now();
    const { stdout } = await promisify(execFile)('nsenter', [
      ...[`--net=/var/run/netns/${cluster.nodeName}`, 'env', ...variables],
      ...[process.execPath, join(checkout, 'bin/podid.js'), ...line.split(' ')],
      ...['-g', 'demo-rg', '-c', 'demo', '--kubeconfig', cluster.kubeconfig, '-o', 'json'],
    ]);
    measured(`podid ${line.split(' --')[0]}, on a node`, `${((Date.now() - begunMs) / 1000).toFixed(1)} s`);
    return JSON.parse(stdout) as never;
  };
  try {
    cluster.kubectl('apply', '--server-side', '-f', join(checkout, 'deploy/crds'));
    cluster.apply(namespaceObject('demo'), addonAgent);
    for (const line of redirect) {
      cluster.onNode('iptables', '-w', '-t', 'nat', ...line.split(' '));
    }
    cluster.kubectl('-n', 'kube-system', 'rollout', 'status', 'daemonset/nmi', '--timeout=2m');
    await podid('mirror');
    await play({
      cluster,
      folder: files.folder,
      apply: `takeover apply --yes --timeout 4m --rounds 3 --over 2s --set ${values(node.azure().tenantId).join(',')}`,
      podid,
      followRemoval: () => followRemoval(cluster, removal, () => node.azure().taken),
    });
  } catch (error) {
    tellState(cluster);
    throw error;
  } finally {
    await node.stop();
  }
}

const values = (tenantId: string) => [
  ...ownImage,
  `podid.exchange.tenantID=${tenantId}`,
  ...['podid.exchange.authorityHost=https://10.1.0.1/', 'podid.extraCa.configMap=private-cloud'],
  'podid.serveArgs[0]=--allow-ad-endpoint=10.1.0.1',
];

/** Between two of what Azure takes: some of it goes while the add-on is being turned off, and some later. */
const delayMs = 7_000;
const turningOffMs = 10_000;
const region = 'malaysiasouth';

function azureWith(removal: Omit<AddonRemoval, 'delayMs'>): JsonObject {
  const web = identity('web', 1);
  const staying: JsonObject = { ...identity('stays', 3), location: region };
  const pool = 'nodepool1';
  return {
    settings: {
      addonRemoval: { ...removal, delayMs },
      operationMs: [turningOffMs, turningOffMs],
      operationPolls: 0,
      scaleSetOperationMs: [3_000, 3_000],
      // The metadata service gives what the node's own machine carries.
      imdsMachines: { '*': `${scaleSetId(pool)}/virtualMachines/0` },
      regionsWithoutCredentials: [region],
    },
    identities: [staying],
    roleAssignments: [operatorRole(staying)],
    machines: scaleSet({ pool, identityIds: [web, staying].map(({ id }) => String(id)) }),
    clusters: [
      azureCluster({
        oidcIssuerProfile: { enabled: true },
        podIdentityProfile: {
          enabled: true,
          userAssignedIdentities: [entry(web, 'demo'), entry(staying, 'demo')],
        },
      }),
    ],
  };
}

async function followRemoval(
  cluster: OneNode,
  { definitions }: Omit<AddonRemoval, 'delayMs'>,
  taken: () => readonly AddonPart[],
): Promise<void> {
  const toTake = new Map([
    ['nmi', () => takeAgent(cluster)],
    ...(definitions === 'go' ? [['definitions', () => takeDefinitions(cluster)] as const] : []),
  ]);
  const giveUpMs = performance.now() + 8 * 60_000;
  while (toTake.size > 0) {
    for (const part of taken()) {
      toTake.get(part)?.();
      toTake.delete(part);
    }
    if (performance.now() > giveUpMs) {
      throw new Error(`Azure did not take ${[...toTake.keys()].join(', ')}`);
    }
    await passing(200);
  }
}

function takeDefinitions(cluster: OneNode): void {
  const names = ['identities', 'identitybindings', 'podidentityexceptions', 'assignedidentities'];
  const definitions = names.map((name) => `azure${name}.aadpodidentity.k8s.io`);
  cluster.kubectl('delete', 'crd', '--wait=false', ...definitions);
}

/** Its redirect goes when it ends, as by its own hand. */
function takeAgent(cluster: OneNode): void {
  cluster.kubectl('-n', 'kube-system', 'delete', 'daemonset', 'nmi');
  const [chain = '', rule = '', jump = ''] = redirect;
  for (const line of [jump.replace('-I', '-D'), rule.replace('-A', '-D'), chain.replace('-N', '-X')]) {
    cluster.onNode('iptables', '-w', '-t', 'nat', ...line.split(' '));
  }
}

/** As the add-on's agent writes it: chain, rule, and the way there. */
const redirect = [
  '-N aad-metadata',
  '-A aad-metadata ! -s 127.0.0.1/32 -d 169.254.169.254/32 -p tcp --dport 80 -j DNAT --to-destination 127.0.0.1:2579',
  '-I PREROUTING -j aad-metadata',
];

/** Has the port until some seconds after it was told to end, and answers nobody with a token. */
const program = `
const server = require('node:http').createServer((_, answer) => answer.writeHead(500).end('of the add-on'));
server.listen(2579, '127.0.0.1');
process.on('SIGTERM', () => setTimeout(() => process.exit(0), 5000));
`;

/** As AKS labels what it manages itself. */
const labels = { component: 'nmi', tier: 'node', 'kubernetes.azure.com/managedby': 'aks' };
const addonAgent = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'nmi', namespace: 'kube-system', labels },
  spec: {
    selector: { matchLabels: { component: 'nmi', tier: 'node' } },
    template: {
      metadata: { labels },
      spec: {
        hostNetwork: true,
        tolerations: [{ operator: 'Exists' }],
        terminationGracePeriodSeconds: 15,
        containers: [{ name: 'nmi', image: 'docker.io/podid/podid:test', command: ['node', '-e', program] }],
      },
    },
  },
};

export interface RecordedGap {
  readonly identityId: string;
  readonly machine: string;
  /** Of the last look at which it was there, and of the first at which it was back. */
  readonly fromMs: number;
  readonly untilMs: number;
}

/** As the takeover wrote them down. */
export async function recordedGaps(cluster: OneNode): Promise<readonly RecordedGap[]> {
  const text = await eventually(() =>
    cluster.kubectl(
      '-n',
      'kube-system',
      'get',
      'configmap',
      'podid-takeover',
      '-o',
      'jsonpath={.data.record}',
    ),
  );
  const { gaps } = JSON.parse(text) as {
    gaps: readonly { identityId: string; machine: string; from: string; until: string }[];
  };
  return gaps.map(({ identityId, machine, from, until }) => ({
    identityId,
    machine,
    fromMs: Date.parse(from),
    untilMs: Date.parse(until),
  }));
}
