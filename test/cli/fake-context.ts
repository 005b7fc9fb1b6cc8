import type { Context } from '../../src/cli/run/context.ts';
import { runProgram } from '../../src/cli/run/program.ts';
import type { Cluster } from '../../src/domain/clusters/cluster.ts';
import type { Azure } from '../../src/domain/ports.ts';
import type { OutputStream } from '../../src/terminal/streams.ts';

export const subscriptionId = '00000000-0000-0000-0000-000000000001';
export const identityId = `/subscriptions/${subscriptionId}/resourceGroups/demo/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web`;

export interface FakeStream extends OutputStream {
  readonly text: () => string;
}

export function fakeStream(options: { isTerminal?: boolean; columns?: number } = {}): FakeStream {
  let all = '';
  return {
    isTerminal: options.isTerminal ?? false,
    columns: options.columns,
    readerGone: false,
    text: () => all,
    async write(text) {
      all += text;
    },
  };
}

/** Every port of Azure says no, and counts as a request: most tests here hold that none is made. */
export function silentAzure(requests: string[]): Azure {
  const port = (name: string) =>
    new Proxy(
      {},
      {
        get: (_, member) => async () => {
          requests.push(`${name}.${String(member)}`);
          throw new Error(`nobody expected ${name}.${String(member)}`);
        },
      },
    );
  return {
    clusters: port('clusters'),
    identities: port('identities'),
    roles: port('roles'),
    subscriptions: port('subscriptions'),
    features: port('features'),
    machines: port('machines'),
    permissions: port('permissions'),
    caller: () => 'anna@contoso.com',
  } as Azure;
}

/** Azure with one cluster that can be read. */
export function azureHolding(cluster: Cluster, requests: string[]): Azure {
  const azure = silentAzure(requests);
  return {
    ...azure,
    clusters: {
      ...azure.clusters,
      async get(id) {
        requests.push(`GET ${id.resourceGroup}/${id.name}`);
        return cluster;
      },
    },
  };
}

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly requests: readonly string[];
}

export interface RunOptions {
  readonly cluster?: Cluster;
  readonly env?: Readonly<Record<string, string>>;
  readonly terminal?: boolean;
  /** By PODID_OUTPUT, for `lastError`. */
  readonly json?: boolean;
  readonly columns?: number;
  readonly context?: Partial<Context>;
}

/** Runs a command line in process, on a machine that knows nothing but the environment given. */
export async function run(line: string | readonly string[], options: RunOptions = {}): Promise<Ran> {
  const requests: string[] = [];
  const stream = {
    isTerminal: options.terminal ?? false,
    ...(options.columns ? { columns: options.columns } : {}),
  };
  const stdout = fakeStream(stream);
  const stderr = fakeStream(stream);
  const azure = options.cluster ? azureHolding(options.cluster, requests) : silentAzure(requests);
  const context: Context = {
    version: '1.2.3',
    build: { commit: '0123456789ab', builtAt: '2026-11-30T08:00:00Z' },
    fileSchemaUrl: 'https://contoso.github.io/podid/schema/v1/pod-identities.schema.json',
    env: options.json ? { PODID_OUTPUT: 'json', ...options.env } : (options.env ?? {}),
    shell: 'posix',
    stdout,
    stderr,
    interactive: false,
    isUtf8: true,
    animated: false,
    signal: new AbortController().signal,
    clock: { now: () => 0, monotonic: () => 0, random: () => 0, sleep: async () => undefined },
    readStdin: async () => '',
    azDefaults: async () => ({}),
    startDetached: async () => undefined,
    connectAzure: async () => azure,
    checkKubeconfig: async () => undefined,
    connectCluster: () => Promise.reject(new Error('nobody expected a connection to the cluster')),
    connectByCommand: () => Promise.reject(new Error('nobody expected a command in the cluster')),
    startEmulator: () => Promise.reject(new Error('nobody expected an emulator')),
    startAgent: async () => {
      throw new Error('nobody expected an agent');
    },
    metadataService: () => Promise.reject(new Error('nobody expected a question to the metadata service')),
    ...options.context,
  };
  const argv = typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line;
  const exitCode = await runProgram(argv, context);
  return { exitCode, stdout: stdout.text(), stderr: stderr.text(), requests };
}

/** The members of the JSON error on the last line. */
export function lastError(ran: Ran): {
  code: string;
  message: string;
  hint: string | null;
  details: { flag: string; message: string }[];
} {
  return JSON.parse(ran.stderr.trimEnd().split('\n').at(-1) ?? '');
}
