import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as passing } from 'node:timers/promises';
import type { AskedRequest, IssuedTokens } from '../../src/emulator/imds/imds-ledger.ts';
import type { BundledPrograms, ProgramName } from '../node/bundled-programs.ts';
import { type Program, startProgram } from '../node/program.ts';
import { clusterPrograms } from './cluster-programs.ts';
import { nodeIdentities, systemAssigned } from './node-identities.ts';

const prefix = 'podid';
const run = `/tmp/${prefix}-onenode`;
const scripts = join(import.meta.dirname, 'one-node');

/** A Kubernetes of one node that runs real pods, with IMDS behind it. There is one at a time on a machine. */
export interface OneNode {
  readonly nodeName: string;
  /** Of the administrator; for programs that run on the node. */
  readonly kubeconfig: string;
  /** The socket of containerd. */
  readonly containerd: string;
  readonly imds: Imds;
  /** Runs to its end in the node's network and returns stdout; throws with stderr when it fails. */
  onNode(command: string, ...args: readonly string[]): string;
  kubectl(...args: readonly string[]): string;
  helm(...args: readonly string[]): string;
  apply(...objects: readonly object[]): void;
  importImage(file: string): void;
  /** As `onNode`, in the network of a pod: it needs no API server. */
  inPod(namespace: string, pod: string, command: string, ...args: readonly string[]): string;
  /** Process ids of everything in the node's network, pods on the host network included. */
  processesOnNode(): readonly number[];
  /** Process id of a pod's container. */
  processOf(namespace: string, pod: string, container: string): number;
  /** Ends the API server, as a node sees an outage, and brings it back. */
  control(word: 'stop-api' | 'start-api'): void;
  stop(): Promise<void>;
}

/** What IMDS was asked and gave, since the start or the last `forget`. */
export interface Imds {
  issued(): readonly IssuedTokens[];
  asked(): readonly AskedRequest[];
  forget(): void;
}

/** The program that plays Azure, and the JSON that it is started with. */
export interface PlayedAzure {
  readonly program: ProgramName;
  readonly options: object;
}

const metadataAlone: PlayedAzure = {
  program: 'imds',
  options: { identities: nodeIdentities, systemAssigned },
};

/** Starts the whole cluster; takes about ten seconds. What an earlier run left behind goes first. */
export async function startOneNode(
  programs: BundledPrograms,
  { program, options }: PlayedAzure = metadataAlone,
): Promise<OneNode> {
  const stopping: Program[] = [];
  const stop = async () => {
    await Promise.all(stopping.map((program) => program.stop('SIGKILL')));
    removeOneNode();
  };
  removeOneNode();
  try {
    script('hosts.sh', 'up', '0');
    const imds = inNetwork('azure', process.execPath, [programs.path(program), JSON.stringify(options)]);
    stopping.push(imds);
    await imds.line(/IMDS is up/);
    script('one-node.sh', 'up');
    return { ...oneNode(), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Ends every process of the cluster and removes its networks, mounts and files; nothing happens where there
 * is none.
 */
export function removeOneNode(): void {
  script('one-node.sh', 'down');
  script('hosts.sh', 'down');
}

function oneNode(): Omit<OneNode, 'stop'> {
  const kubeconfig = join(run, 'admin.kubeconfig');
  const onNode = (command: string, ...args: readonly string[]) => inside('node', command, args);
  const kubectl = (...args: readonly string[]) =>
    onNode(clusterPrograms().path('kubectl'), '--kubeconfig', kubeconfig, ...args);
  return {
    nodeName: `${prefix}-node`,
    kubeconfig,
    containerd: join(run, 'containerd.sock'),
    onNode,
    kubectl,
    helm: (...args) => onNode(clusterPrograms().path('helm'), '--kubeconfig', kubeconfig, ...args),
    apply(...objects) {
      const list = { apiVersion: 'v1', kind: 'List', items: objects };
      inside(
        'node',
        clusterPrograms().path('kubectl'),
        ['--kubeconfig', kubeconfig, 'apply', '-f', '-'],
        list,
      );
    },
    inPod: (namespace, pod, command, ...args) => within(podNetwork(namespace, pod), command, args),
    processesOnNode: () =>
      execFileSync('ip', ['netns', 'pids', `${prefix}-node`], { encoding: 'utf8' })
        .split('\n')
        .filter(Boolean)
        .map(Number),
    processOf(namespace, pod, container) {
      const path = `{.status.containerStatuses[?(@.name=="${container}")].containerID}`;
      const id = kubectl('-n', namespace, 'get', 'pod', pod, '-o', `jsonpath=${path}`).replace(
        'containerd://',
        '',
      );
      const tasks = onNode('ctr', '-a', join(run, 'containerd.sock'), '-n', 'k8s.io', 'tasks', 'list');
      const pid = new RegExp(`^${id}\\s+(\\d+)\\s+RUNNING`, 'm').exec(tasks)?.[1];
      if (id === '' || pid === undefined) {
        throw new Error(`${pod} has no running container ${container}`);
      }
      return Number(pid);
    },
    importImage: (file) => script('one-node.sh', 'import', file),
    control: (word) => script('one-node.sh', word),
    imds: {
      issued: () => ledger().issued,
      asked: () => ledger().asked,
      forget: () => void ledger('/reset'),
    },
  };
}

/** What someone would look at first when a test failed: pods, events and what the containers said. */
export function tellState(cluster: OneNode): void {
  for (const look of [
    () => cluster.kubectl('get', 'pods', '-A', '-o', 'wide'),
    () => cluster.kubectl('get', 'events', '-A', '--sort-by=.lastTimestamp'),
    () => inside('node', 'sh', ['-c', `tail -n 20 ${run}/pod-logs/*/*/*.log`]),
  ]) {
    try {
      process.stderr.write(`${look()}\n`);
    } catch (error) {
      process.stderr.write(`${String(error)}\n`);
    }
  }
}

function ledger(path = '/'): { issued: readonly IssuedTokens[]; asked: readonly AskedRequest[] } {
  return JSON.parse(inside('azure', 'curl', ['-sS', '-m', '10', `http://10.1.0.1:8099${path}`]));
}

/** Daemons outlive the script and would hold a pipe open, so that it writes to a file. */
function script(name: string, ...args: readonly string[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'podid-script-'));
  const said = join(folder, 'said');
  const out = openSync(said, 'w');
  try {
    const { status } = spawnSync(join(scripts, name), args, {
      env: { ...process.env, ONENODE_PREFIX: prefix, ONENODE_RUN: run },
      stdio: ['ignore', out, out],
    });
    if (status !== 0) {
      throw new Error(`${name} ${args.join(' ')} failed:\n${readFileSync(said, 'utf8')}`);
    }
  } finally {
    closeSync(out);
    rmSync(folder, { recursive: true });
  }
}

/** The network namespace that the CNI made for a pod, from where it wrote that down. */
function podNetwork(namespace: string, pod: string): string {
  const results = '/var/lib/cni/results';
  for (const file of readdirSync(results).filter((name) => name.startsWith(`${prefix}-net-`))) {
    const text = readFileSync(join(results, file), 'utf8');
    if (text.includes(`"K8S_POD_NAMESPACE","${namespace}"`) && text.includes(`"K8S_POD_NAME","${pod}"`)) {
      const sandbox = /"sandbox":"[^"]*\/([^"/]+)"/.exec(text)?.[1];
      if (sandbox !== undefined) {
        return sandbox;
      }
    }
  }
  throw new Error(`the CNI knows no pod ${namespace}/${pod}`);
}

function inside(host: 'azure' | 'node', command: string, args: readonly string[], input?: object): string {
  return within(`${prefix}-${host}`, command, args, input);
}

function within(network: string, command: string, args: readonly string[], input?: object): string {
  return execFileSync('nsenter', [`--net=/var/run/netns/${network}`, command, ...args], {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    ...(input && { input: JSON.stringify(input) }),
  });
}

/** Ends with this process, however that ends. */
function inNetwork(host: 'azure' | 'node', command: string, args: readonly string[]): Program {
  const enter = `--net=/var/run/netns/${prefix}-${host}`;
  return startProgram('nsenter', [enter, 'setpriv', '--pdeathsig=KILL', command, ...args], {});
}

/** Looks again until `look` no longer throws; its last error is the one that is thrown. */
export async function eventually<T>(look: () => T, withinMs = 60_000): Promise<T> {
  const giveUpMs = performance.now() + withinMs;
  for (;;) {
    try {
      return look();
    } catch (error) {
      if (performance.now() > giveUpMs) {
        throw error;
      }
    }
    await passing(100);
  }
}
