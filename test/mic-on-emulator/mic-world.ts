import type { Clock } from '../../src/domain/time/clock.ts';
import { scaleSetId } from '../../src/emulator/scenarios/machine-parts.ts';
import { nodeName } from '../../src/emulator/scenarios/nodes.ts';
import { identityId } from '../../src/emulator/scenarios/scenario-parts.ts';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../src/emulator/start-emulator.ts';
import { micSettings } from '../../src/mic/mic-settings.ts';
import { runMic } from '../../src/mic/run-mic.ts';
import { createLogger } from '../../src/runtime/logger.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [fact: string]: unknown;
}

export interface RunningMic {
  readonly log: readonly LogLine[];
  probe(path: string): Promise<{ readonly status: number; readonly text: string }>;
  metrics(): Promise<string>;
  /** Ends it as SIGTERM does, and waits until it has ended. */
  end(): Promise<void>;
}

export interface MicWorld extends AsyncDisposable {
  readonly emulator: Emulator;
  start(...flags: readonly string[]): Promise<RunningMic>;
}

/** An emulated Azure and cluster, and any number of controllers beside it, which go by `clock`. */
export async function micWorld(
  options: EmulatorOptions = {},
  clock: Clock = systemClock(),
): Promise<MicWorld> {
  const emulator = await startEmulator({ scenario: 'node-pools', ...options });
  const running: RunningMic[] = [];
  return {
    emulator,
    async start(...flags) {
      const mic = await startMic(emulator, clock, flags);
      running.push(mic);
      return mic;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(running.map((mic) => mic.end()));
      await emulator.stop();
    },
  };
}

async function startMic(emulator: Emulator, clock: Clock, flags: readonly string[]): Promise<RunningMic> {
  const log: LogLine[] = [];
  const destination = { write: (line: string) => void log.push(JSON.parse(line)) };
  const logger = createLogger({ level: 'debug', format: 'json', destination });
  const stop = new AbortController();
  const argv = [
    ...['--http-probe-port=0', '--prometheus-port=0', '--probe-address=127.0.0.1'],
    ...['--metrics-address=127.0.0.1', ...flags],
  ];
  const environment = { ...emulator.environment, MIC_POD_NAMESPACE: 'kube-system' };
  const running = runMic(micSettings(argv, environment), { clock, logger }, stop.signal);
  running.catch(() => undefined);
  const portOf = (what: string) =>
    until(() => log.find((line) => line.msg === 'listening' && line['what'] === what)?.['port']);
  const [probes, metrics] = [await portOf('probes'), await portOf('metrics')];
  const ask = async (port: unknown, path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: answer.status, text: await answer.text() };
  };
  return {
    log,
    probe: (path) => ask(probes, path),
    metrics: async () => (await ask(metrics, '/metrics')).text,
    async end() {
      stop.abort(new Error('SIGTERM'));
      await running;
    },
  };
}

/** Waits for a condition, for at most half a minute. */
export async function until<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const end = performance.now() + 30_000;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) {
      return found;
    }
    if (performance.now() > end) {
      throw new Error(`The condition did not come true in time: ${look}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const api = 'aadpodidentity.k8s.io/v1';

export function azureIdentity(name: string, spec: Record<string, unknown> = {}, namespace = 'demo') {
  return {
    apiVersion: api,
    kind: 'AzureIdentity',
    metadata: { name, namespace },
    spec: { type: 0, resourceID: identityId(name), clientID: `client-of-${name}`, ...spec },
  };
}

export function binding(name: string, selector: string, namespace = 'demo') {
  return {
    apiVersion: api,
    kind: 'AzureIdentityBinding',
    metadata: { name: `${name}-binding`, namespace },
    spec: { azureIdentity: name, selector },
  };
}

export function pod(name: string, label: string, node: string | number = 0, namespace = 'demo') {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { aadpodidbinding: label } },
    spec: { nodeName: typeof node === 'number' ? nodeName(node) : node },
    status: { phase: 'Running' },
  };
}

/** An identity `web` with its binding, in namespace demo. */
export function seedWeb({ kube }: Emulator): void {
  kube.seed(azureIdentity('web') as never);
  kube.seed(binding('web', 'web') as never);
}

export interface SeenAssignment {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
  };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: { readonly status?: string };
}

export function assignments({ kube }: Emulator): readonly SeenAssignment[] {
  return kube.list('AzureAssignedIdentity') as unknown as readonly SeenAssignment[];
}

/** Names of the user-assigned identities on a machine. */
export function carriedBy({ world }: Emulator, id = scaleSetId('nodepool1')): readonly string[] {
  const machine = world.machines.get(id.toLowerCase()) as
    | { readonly identity?: { readonly userAssignedIdentities?: object } }
    | undefined;
  return Object.keys(machine?.identity?.userAssignedIdentities ?? {}).map(
    (each) => each.split('/').at(-1) ?? '',
  );
}

export function count(emulator: Emulator, operation: string): number {
  return emulator.requests.filter((request) => request.operation === operation).length;
}
