import type { FetchEntraToken } from '../../domain/azure/entra-sign-in.ts';
import type { MetadataService } from '../../domain/azure/metadata-service.ts';
import type { RunCommand } from '../../domain/azure/run-command.ts';
import type { ApiServerHosts } from '../../domain/clusters/cluster.ts';
import { fileSchemaUrl } from '../../domain/entries/file-schema.ts';
import type { ClusterObjects } from '../../domain/kubernetes/cluster-objects.ts';
import type { ConnectedCluster } from '../../domain/kubernetes/workloads.ts';
import type { Azure } from '../../domain/ports.ts';
import type { Clock } from '../../domain/time/clock.ts';
import type { Hint } from '../../errors/hint.ts';
import { decodeText } from '../../errors/plain-text.ts';
import { type Shell, shellOf } from '../../errors/shell-word.ts';
import { systemClock } from '../../runtime/system-clock.ts';
import { asciiSigns, asItIs, isUtf8Locale } from '../../terminal/signs.ts';
import { type OutputStream, outputStream } from '../../terminal/streams.ts';

/** Put in place by the bundler. */
declare const PODID_VERSION: string | undefined;
declare const PODID_COMMIT: string | undefined;
declare const PODID_BUILT_AT: string | undefined;
/** As that: `config.image` of package.json, which a release sets; otherwise empty. */
declare const PODID_IMAGE: string | undefined;

/** What podid finds in az's own files. */
export interface AzDefaults {
  readonly subscriptionId?: string;
  readonly resourceGroup?: string;
  /** az's default account is one of a tenant (`az login --allow-no-subscriptions`): there is no subscription to take. */
  readonly tenantLevel?: true;
  /** The user or service principal that az is signed in as. */
  readonly user?: string;
}

/** What the flags say about signing in; the rest is in the environment. */
export interface AzureChoice {
  readonly cloud: string | undefined;
  readonly auth: string | undefined;
  readonly tenant: string | undefined;
  /** Id or name of the subscription that is worked on. */
  readonly subscription: string | undefined;
  /** Where podid says what somebody has to do in a browser to sign in. */
  readonly prompt?: (text: string) => void;
  /** Where podid says which sign-in it took in place of another. */
  readonly note?: (text: string) => void;
  /** Where `--debug` goes, one line a call. */
  readonly debug: ((line: string) => void) | undefined;
  /** Where `--verbose` goes. */
  readonly verbose: ((line: string) => void) | undefined;
}

export interface ClusterChoice {
  readonly kubeconfigPath?: string;
  readonly context?: string;
  /** podid runs in a pod of the cluster, which reaches the API by its service account. */
  readonly inPod?: { readonly host: string; readonly port: string };
  readonly fetchUserKubeconfig: (signal: AbortSignal) => Promise<string>;
  readonly fetchApiServerHosts: (signal: AbortSignal) => Promise<ApiServerHosts>;
  readonly entraToken: FetchEntraToken;
  readonly warn: (text: string, hint?: Hint) => void;
  readonly signal: AbortSignal;
}

export interface EmulatorChoice {
  readonly port: number;
  readonly time: 'instant' | 'recorded' | { readonly scale: number };
  /** What answers say to wait before a change is asked about; absent: nothing, as Azure. */
  readonly retryAfterSec?: number;
  readonly tls: boolean;
  readonly stateFile?: string;
  readonly scenario?: string;
  /** The cluster in which runCommand runs kubectl. */
  readonly kubeconfig?: string;
}

export interface RunningEmulator {
  readonly url: string;
  /** The variables that point podid at it. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export interface RunningAgent {
  /** Resolves when it has ended, with the last line of its stderr. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/** The process around a command, and the adapters, which are loaded when they are asked for. */
export interface Context {
  readonly version: string;
  /** Of the sources: a short commit and its time (RFC 3339); each `unknown` where the build did not know. */
  readonly build: { readonly commit: string; readonly builtAt: string };
  /** Where editors find the schema of the file that `export` writes. */
  readonly fileSchemaUrl: string;
  /** podid's of this release, by its tag; undefined where nothing was released. */
  readonly image?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** In which the commands of hints are typed. */
  readonly shell: Shell;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** stdin and stderr are terminals: somebody can be asked. */
  readonly interactive: boolean;
  /** Whether what shows the output has more letters than ASCII. */
  readonly isUtf8: boolean;
  /** A spinner may be drawn on stderr. */
  readonly animated: boolean;
  /** Aborted with a PodidError Interrupted or Terminated. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** All of stdin, as text. */
  readStdin(): Promise<string>;
  azDefaults(): Promise<AzDefaults>;
  /** Starts podid once more with these words, and lets it be: nobody waits for it or hears of it. */
  startDetached(words: readonly string[]): Promise<void>;
  connectAzure(choice: AzureChoice): Promise<Azure>;
  /** @throws PodidError InvalidKubeconfig */
  checkKubeconfig(path: string, context: string | undefined): Promise<void>;
  connectCluster(choice: ClusterChoice): Promise<ConnectedCluster>;
  /** The objects of a cluster by commands that run in it. */
  connectByCommand(run: RunCommand): Promise<ClusterObjects>;
  startEmulator(choice: EmulatorChoice): Promise<RunningEmulator>;
  /** What pods ask for tokens. */
  metadataService(): Promise<MetadataService>;
  /** Starts the node agent, which stands beside podid. @param variables beside those of podid */
  startAgent(words: readonly string[], variables: Readonly<Record<string, string>>): Promise<RunningAgent>;
}

/** What of the process a command sees; the process itself is one. */
export type ProcessParts = Pick<NodeJS.Process, 'env'> & {
  readonly stdin: { readonly isTTY?: boolean } & Partial<AsyncIterable<string | Uint8Array>>;
  readonly stdout: Parameters<typeof outputStream>[0];
  readonly stderr: Parameters<typeof outputStream>[0];
};

/** The real one, with adapters that talk to the world. */
export function createContext(signal: AbortSignal, parts: ProcessParts = process): Context {
  const { env, stdout, stderr } = parts;
  // Node opens stdin, and loads its clock, where they are asked for; most commands, and help, ask for neither.
  const clock = lazily(systemClock);
  const isUtf8 = isUtf8Locale(env, process.platform);
  const version = typeof PODID_VERSION === 'string' ? PODID_VERSION : '0.0.0';
  const repository = typeof PODID_IMAGE === 'string' ? PODID_IMAGE : '';
  return {
    version,
    build: {
      commit: typeof PODID_COMMIT === 'string' ? PODID_COMMIT : 'unknown',
      builtAt: typeof PODID_BUILT_AT === 'string' ? PODID_BUILT_AT : 'unknown',
    },
    fileSchemaUrl,
    image: repository === '' ? undefined : `${repository}:${version}`,
    env,
    get shell() {
      return shellOf(env, process.platform);
    },
    stdout: outputStream(stdout, 'fails'),
    stderr: outputStream(stderr, 'is ignored', isUtf8 ? asItIs : asciiSigns),
    isUtf8,
    get interactive() {
      return stderr.isTTY === true && parts.stdin.isTTY === true;
    },
    animated: stderr.isTTY === true && !env['CI'] && env['TERM'] !== 'dumb',
    signal,
    get clock() {
      return clock();
    },
    readStdin: () => readAll(parts.stdin),
    async startDetached(words) {
      const { startDetached } = await import('./child-processes.ts');
      startDetached(words, env);
    },
    async azDefaults() {
      const { readAzDefaults } = await import('../../arm/sign-in/az-profile.ts');
      return await readAzDefaults(env);
    },
    async connectAzure(choice) {
      const { connectAzure } = await import('../../arm/connect-azure.ts');
      return connectAzure({ ...choice, environment: env, clock: clock(), userAgent: `podid/${version}` });
    },
    async checkKubeconfig(path, context) {
      const { checkKubeconfig } = await import('../../k8s/connect-cluster.ts');
      await checkKubeconfig(path, context);
    },
    async connectCluster(choice) {
      const { connectCluster } = await import('../../k8s/connect-cluster.ts');
      return await connectCluster({ ...choice, environment: env, clock: clock(), timeoutMs: 60_000 });
    },
    async connectByCommand(run) {
      const { connectByCommand } = await import('../../k8s/run-command/connect-by-command.ts');
      return connectByCommand(run);
    },
    async startEmulator(choice) {
      const { startEmulator } = await import('../../emulator/start-emulator.ts');
      return await startEmulator({ ...choice, path: env['PATH'] ?? '' });
    },
    async metadataService() {
      const { metadataService } = await import('../token/metadata-service.ts');
      const network = async () => (await import('../../network/network.ts')).createNetwork(env);
      return metadataService({ userAgent: `podid/${version}`, clock: clock(), network });
    },
    async startAgent(words, variables) {
      const { startAgent } = await import('./child-processes.ts');
      return startAgent(words, { ...env, ...variables });
    },
  };
}

function lazily<Value>(make: () => Value): () => Value {
  let made: Value | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

async function readAll(stream: Partial<AsyncIterable<string | Uint8Array>>): Promise<string> {
  const chunks: Uint8Array[] = [];
  if (Symbol.asyncIterator in stream) {
    for await (const chunk of stream as AsyncIterable<string | Uint8Array>) {
      chunks.push(Buffer.from(chunk));
    }
  }
  return decodeText(Buffer.concat(chunks));
}
