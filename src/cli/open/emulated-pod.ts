import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { isLoopbackHost } from '../../domain/azure/loopback-host.ts';
import { startEmulatorCommand } from '../../domain/hints/emulator-command.ts';
import { bindingLabel } from '../../domain/kubernetes/identity-resources.ts';
import { advice } from '../../errors/hint.ts';
import { decodeText } from '../../errors/plain-text.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { parseKubeconfig } from '../../validate/files/kubeconfig.ts';
import { bindingSelectorRule, namespaceRule } from '../../validate/flags/kubernetes-names.ts';
import { isRecord, type JsonRecord, recordAt, stringAt } from '../../validate/json-record.ts';
import { parseAgentInstallation } from '../../validate/kubernetes/agent-installation.ts';
import { quoted, type UsageFaults } from '../../validate/usage-faults.ts';
import type { Context } from '../run/context.ts';

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
  /** The pod's own, on loopback. */
  readonly address: string;
}

/** Of the one pod; 127.0.0.1 is the node itself. */
const address = '127.0.0.11';

/** The agent of the emulated cluster, as far as it is started here. */
interface AgentToStart {
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
  const server: Server = {
    emulator: pod.emulator,
    token: await tokenIn(pod.kubeconfig),
    key: pod.key,
  };
  const { mode, node } = await agentToStart(server, context.signal);
  const remove = await createPod(pod, { server, node }, context.signal);
  const [port, probePort] = [await freePort(), await freePort()];
  const agent = await context.startAgent([
    ...['serve', '--forceNamespaced', '--allow-loopback-pods', '--redirected-by-others'],
    ...[`--node=${node}`, `--operation-mode=${mode}`, '--prometheus-port=0', `--nmi-port=${port}`],
    ...[`--http-probe-port=${probePort}`, '--metadata-ip=127.0.0.1', `--metadata-port=${pod.emulator.port}`],
    // A service principal's secret may go to the Entra of the emulator, which is https with --tls alone.
    `--allow-ad-endpoint=${pod.emulator.host}`,
  ]);
  const dispose = async () => {
    await agent.stop();
    await remove();
  };
  try {
    await readiness(`http://127.0.0.1:${probePort}/readyz`, agent.ended, context);
  } catch (error) {
    await dispose();
    throw error;
  }
  return { endpoint: `http://127.0.0.1:${port}`, address, [Symbol.asyncDispose]: dispose };
}

/** The emulator, and what its cluster takes for a sign-in. */
interface Server {
  readonly emulator: URL;
  readonly token: string | undefined;
  readonly key: string;
}

async function tokenIn(kubeconfig: string): Promise<string | undefined> {
  const { users } = parseKubeconfig(decodeText(await readFile(kubeconfig)), kubeconfig);
  return users.map(({ value }) => stringAt(value, 'token')).find((token) => token !== undefined);
}

/** Managed mode, unless the agents of the emulated cluster run in standard mode and it has nodes. */
async function agentToStart(server: Server, signal: AbortSignal): Promise<AgentToStart> {
  const [daemonSets, nodes] = await Promise.all([
    itemsOf(server, '/apis/apps/v1/daemonsets', signal),
    itemsOf(server, '/api/v1/nodes', signal),
  ]);
  const mode = daemonSets.map(parseAgentInstallation).find((agent) => agent?.kind === 'podid')?.mode;
  const [node] = nodes.map((one) => stringAt(recordAt(one, 'metadata'), 'name') ?? '').sort();
  return mode === 'standard' && node !== undefined
    ? { mode, node }
    : { mode: 'managed', node: 'emulated-node' };
}

async function itemsOf(server: Server, path: string, signal: AbortSignal): Promise<JsonRecord[]> {
  const list: unknown = JSON.parse(await send(server, path, { method: 'GET', signal }));
  const items = isRecord(list) ? list['items'] : undefined;
  return Array.isArray(items) ? items.filter(isRecord) : [];
}

/** @returns what takes the pod away again */
async function createPod(
  { namespace, label }: PodToEmulate,
  { server, node }: { readonly server: Server; readonly node: string },
  signal: AbortSignal,
): Promise<() => Promise<void>> {
  const name = `asked-by-podid-token-${process.pid}`;
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
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    const asked = { method: 'DELETE', signal: AbortSignal.timeout(5000) };
    await send(server, path, asked).catch(() => undefined);
  };
}

/** @returns the text of the answer */
async function send(
  { emulator, token, key }: Server,
  path: string,
  {
    method,
    body,
    signal,
  }: { readonly method: string; readonly body?: unknown; readonly signal: AbortSignal },
): Promise<string> {
  const url = new URL(path, emulator);
  const headers = {
    'content-type': 'application/json',
    'podid-emulator-key': key,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const init = { method, headers, signal, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const response = await fetch(url, init).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new PodidError('Unavailable', `The emulator at ${url.origin} does not answer.`, {
      hint: startEmulatorCommand,
      cause,
    });
  });
  if (!response.ok) {
    throw new PodidError(
      'Unavailable',
      `${url.origin} answers HTTP ${response.status}: it is not an emulator.`,
      {
        hint: startEmulatorCommand,
      },
    );
  }
  return await response.text();
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
