import { createServer } from 'node:net';
import { isLoopbackHost } from '../../domain/azure/loopback-host.ts';
import { startEmulatorCommand } from '../../domain/hints/emulator-command.ts';
import type { AgentInstallation } from '../../domain/kubernetes/agent-installation.ts';
import { bindingLabel } from '../../domain/kubernetes/identity-resources.ts';
import { advice, command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { bindingSelectorRule, namespaceRule } from '../../validate/flags/kubernetes-names.ts';
import { type JsonRecord, recordAt, stringAt } from '../../validate/json-record.ts';
import { parseAgentInstallation } from '../../validate/kubernetes/agent-installation.ts';
import { quoted, type UsageFaults } from '../../validate/usage-faults.ts';
import type { Context } from '../run/context.ts';
import { writeAgentFiles } from './emulated-agent-token.ts';
import { authorityIn, type EmulatorServer, itemsOf, send, tokenIn } from './emulator-server.ts';

export interface PodToEmulate {
  readonly namespace: string;
  /** Value of `aadpodidbinding`. */
  readonly label: string;
  /** Of the emulator. */
  readonly emulator: URL;
  readonly kubeconfig: string;
  /** `PODID_EMULATOR_KEY`: what the emulator wants of whoever changes its world. */
  readonly key: string;
}

export interface EmulatedPod extends AsyncDisposable {
  /** Where the redirect of a real node would bring its requests. */
  readonly endpoint: string;
}

/**
 * Of the one pod, whose agent believes that no process of a node has it: on macOS loopback has no other address. An
 * agent looks at the pods of its own node alone, so what else is on the machine is none of its pods.
 */
const address = '127.0.0.1';

/** The agent of the emulated cluster, as far as it is started here. */
interface AgentToStart {
  /** podid's, in the emulated cluster. */
  readonly installation: AgentInstallation | undefined;
  readonly mode: 'managed' | 'standard';
  /** In standard mode one of the cluster's own, on whose machine a controller can put the identity. */
  readonly node: string;
}

/** What `NAMESPACE/LABEL` and the emulator's variables mean; the next `checkUsage` reports the faults. */
export function podToEmulate(
  text: string,
  env: Context['env'],
  faults: UsageFaults,
): PodToEmulate | undefined {
  const flag = '--emulated-pod';
  const [namespace = '', label, ...rest] = text.split('/');
  if (label === undefined || rest.length > 0) {
    faults.add(flag, `${flag}: ${quoted(text)} is not NAMESPACE/LABEL, such as demo/web.`);
    return undefined;
  }
  faults.check(flag, namespace, 'a namespace', namespaceRule);
  faults.check(flag, label, `a value of ${bindingLabel}`, bindingSelectorRule);
  const endpoint = env['PODID_ARM_ENDPOINT'] ?? '';
  const kubeconfig = env['KUBECONFIG'] ?? '';
  const key = env['PODID_EMULATOR_KEY'] ?? '';
  const emulator = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (emulator === undefined || !isLoopbackHost(emulator.hostname) || kubeconfig === '' || key === '') {
    const set = key === '' ? 'PODID_EMULATOR_KEY is not set' : `PODID_ARM_ENDPOINT is ${endpoint}`;
    const meant = endpoint === '' ? 'PODID_ARM_ENDPOINT is not set' : set;
    faults.add(
      flag,
      `${flag} needs the variables of an emulator; ${meant}. Start it: ${startEmulatorCommand}`,
    );
    return undefined;
  }
  return { namespace, label, emulator, kubeconfig, key };
}

/**
 * The emulator runs no pods, so one is put into its cluster by hand, on a loopback address, and the node
 * agent is started for it.
 *
 * @throws PodidError Unavailable when the emulator or the agent does not come up
 */
export async function emulatePod(pod: PodToEmulate, context: Context): Promise<EmulatedPod> {
  const server: EmulatorServer = {
    emulator: pod.emulator,
    token: await tokenIn(pod.kubeconfig),
    key: pod.key,
  };
  const { mode, node, installation } = await agentToStart(server, context.signal);
  if (mode === 'standard') {
    await requireFreeNode(pod, { server, node }, context.signal);
  }
  const remove = await createPod(pod, { server, node }, context.signal);
  const [port, probePort] = [await freePort(), await freePort()];
  const files = await writeAgentFiles(
    server,
    installation,
    await authorityIn(pod.kubeconfig),
    context.signal,
  ).catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  const words = [
    ...['serve', '--forceNamespaced', '--allow-loopback-pods', '--redirected-by-others'],
    ...[`--node=${node}`, `--operation-mode=${mode}`, '--prometheus-port=0', `--nmi-port=${port}`],
    ...[`--http-probe-port=${probePort}`, '--metadata-ip=127.0.0.1', `--metadata-port=${pod.emulator.port}`],
    // What proves an identity may go to the Entra of the emulator, which answers https on its one port.
    `--allow-ad-endpoint=${pod.emulator.host}`,
    ...files.flags,
  ];
  const agent = await context.startAgent(words, files.variables);
  const dispose = async () => {
    await agent.stop();
    await remove();
    await files[Symbol.asyncDispose]();
  };
  try {
    await readiness(`http://127.0.0.1:${probePort}/readyz`, agent.ended, context);
  } catch (error) {
    await dispose();
    throw error;
  }
  return { endpoint: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: dispose };
}

/** Managed mode, unless the agents of the emulated cluster run in standard mode and it has nodes. */
async function agentToStart(server: EmulatorServer, signal: AbortSignal): Promise<AgentToStart> {
  const [daemonSets, nodes] = await Promise.all([
    itemsOf(server, '/apis/apps/v1/daemonsets', signal),
    itemsOf(server, '/api/v1/nodes', signal),
  ]);
  const installation = daemonSets.map(parseAgentInstallation).find((agent) => agent?.kind === 'podid');
  const [node] = nodes.map((one) => metadataOf(one).name).sort();
  return installation?.mode === 'standard' && node !== undefined
    ? { mode: 'standard', node, installation }
    : { mode: 'managed', node: `emulated-node-${process.pid}`, installation };
}

/**
 * In managed mode each pod has a node of its own. A node of the cluster has one pod with that address at a time; what a
 * process that was killed left there is removed.
 *
 * @throws PodidError Unavailable
 */
async function requireFreeNode(
  wanted: PodToEmulate,
  { server, node }: { readonly server: EmulatorServer; readonly node: string },
  signal: AbortSignal,
): Promise<void> {
  for (const pod of await itemsOf(server, '/api/v1/pods', signal)) {
    const { name, namespace } = metadataOf(pod);
    const pid = new RegExp(`^${podPrefix}(\\d+)$`).exec(name)?.[1];
    if (pid === undefined || stringAt(recordAt(pod, 'spec'), 'nodeName') !== node) {
      continue;
    }
    if (processLives(Number(pid))) {
      const message = `The node ${node} has the emulated pod of another podid, process ${pid}; it has one at a time.`;
      throw new PodidError('Unavailable', message, {
        hint: advice`end the other one, then: ${command('podid token --emulated-pod', `${wanted.namespace}/${wanted.label}`)}`,
      });
    }
    await send(server, podPath(namespace, name), { method: 'DELETE', signal });
  }
}

function metadataOf(object: JsonRecord): { readonly name: string; readonly namespace: string } {
  const metadata = recordAt(object, 'metadata');
  return { name: stringAt(metadata, 'name') ?? '', namespace: stringAt(metadata, 'namespace') ?? '' };
}

function processLives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // One of another user lives, too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

const podPrefix = 'asked-by-podid-token-';

function podPath(namespace: string, name: string): string {
  return `/api/v1/namespaces/${namespace}/pods/${name}`;
}

/** @returns what takes the pod away again */
async function createPod(
  { namespace, label }: PodToEmulate,
  { server, node }: { readonly server: EmulatorServer; readonly node: string },
  signal: AbortSignal,
): Promise<() => Promise<void>> {
  const name = podPrefix + process.pid;
  // Older than its first minute, in which the agent waits for a binding that may still come.
  const startTime = new Date(Date.now() - 3_600_000).toISOString();
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { [bindingLabel]: label }, creationTimestamp: startTime },
    spec: { nodeName: node, containers: [{ name: 'ask', image: 'podid' }] },
    status: { phase: 'Running', startTime, podIP: address, podIPs: [{ ip: address }] },
  };
  await send(server, '/_podid/world', { method: 'PUT', body: { kubernetes: [pod] }, signal });
  return async () => {
    const asked = { method: 'DELETE', signal: AbortSignal.timeout(5000) };
    await send(server, podPath(namespace, name), asked).catch(() => undefined);
  };
}

async function readiness(url: string, ended: Promise<string>, { clock, signal }: Context): Promise<void> {
  const endsAt = clock.now() + 30_000;
  let lastLine: string | undefined;
  void ended.then((text) => {
    lastLine = text;
  });
  while (clock.now() < endsAt && lastLine === undefined) {
    const answer = await fetch(url, { signal }).catch(() => undefined);
    if (answer?.ok) {
      return;
    }
    await clock.sleep(50, signal);
  }
  throw new PodidError('Unavailable', `The agent did not become ready. ${lastLine ?? ''}`.trim(), {
    hint: advice`podid emulator --help`,
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const bound = server.address();
      server.close(() => resolve(typeof bound === 'object' && bound !== null ? bound.port : 0));
    });
  });
}
