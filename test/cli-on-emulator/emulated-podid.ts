import { setMaxListeners } from 'node:events';
import { Readable } from 'node:stream';
import { connectAzure as connectAzureBy } from '../../src/arm/connect-azure.ts';
import { type Context, createContext } from '../../src/cli/run/context.ts';
import { runProgram } from '../../src/cli/run/program.ts';
import type { Clock } from '../../src/domain/time/clock.ts';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../src/emulator/start-emulator.ts';
import { sink } from './sink.ts';

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface EmulatedPodid extends AsyncDisposable {
  readonly emulator: Emulator;
  /** Runs a command line in process against the emulator; a string is split at spaces. */
  run(line: string | readonly string[], env?: Readonly<Record<string, string>>, stdin?: string): Promise<Ran>;
  /** The same, and its stdout read as JSON. @throws when it does not exit with 0 */
  json(line: string | readonly string[]): Promise<never>;
  /** How many requests of a kind came in: `clusters.put`. */
  count(operation: string): number;
}

/**
 * podid and an Azure of its own. Waiting is quick: the emulator's operations end when they are asked about.
 *
 * @param own `azureClock`: by which writes keep their distance; by default the machine's
 */
export async function emulatedPodid(
  options: EmulatorOptions = {},
  always: Readonly<Record<string, string>> = {},
  { azureClock, ...own }: Partial<Context> & { readonly azureClock?: Clock } = {},
): Promise<EmulatedPodid> {
  const emulator = await startEmulator(options);
  const run: EmulatedPodid['run'] = async (line, more = {}, stdin = '') => {
    const stdout = sink();
    const stderr = sink();
    const env = { ...emulator.environment, PODID_POLL_INTERVAL: '10ms', ...always, ...more };
    const { signal } = new AbortController();
    // As that of a process: every request under way listens to it.
    setMaxListeners(0, signal);
    const real = createContext(signal, {
      env,
      stdin: Readable.from([stdin]),
      stdout: stdout.stream,
      stderr: stderr.stream,
    });
    const connectAzure: Context['connectAzure'] = async (choice) =>
      azureClock === undefined
        ? await real.connectAzure(choice)
        : connectAzureBy({ ...choice, environment: env, clock: azureClock, userAgent: 'podid/test' });
    const context = { ...real, connectAzure, ...own };
    const argv = typeof line === 'string' ? line.split(' ') : line;
    const exitCode = await runProgram(argv, context);
    return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
  };
  return {
    emulator,
    run,
    async json(line) {
      const ran = await run(line);
      if (ran.exitCode !== 0) {
        throw new Error(`exit ${ran.exitCode}: ${ran.stderr}`);
      }
      return JSON.parse(ran.stdout) as never;
    },
    count: (operation) => emulator.requests.filter((request) => request.operation === operation).length,
    [Symbol.asyncDispose]: () => emulator.stop(),
  };
}

/** As the provider of managed identities answers it, and az and podid store it. */
export function identityIdInAzure(name: string): string {
  return identityId(name).replace('/resourceGroups/', '/resourcegroups/');
}

/** The same, which tells errors as JSON on stderr. */
export function podidOfErrors(options: EmulatorOptions = {}): Promise<EmulatedPodid> {
  return emulatedPodid(options, { PODID_OUTPUT: 'json' });
}

export function identityId(name: string): string {
  return `/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
}
