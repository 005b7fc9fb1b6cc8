import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type ArmConnection, connectArm } from '../../arm/connection/arm-connection.ts';
import { armMachines } from '../../arm/machines/machines.ts';
import { patchIdentities } from '../../arm/machines/patch-identities.ts';
import { authorityHostOf } from '../../arm/sign-in/entra-client.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { withinTime } from '../../domain/time/time-limit.ts';
import { advice } from '../../errors/hint.ts';
import { decodeText } from '../../errors/plain-text.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import { fileErrorText } from '../../errors/system-error-code.ts';
import { createNetwork } from '../../network/network.ts';
import type { Logger } from '../../runtime/logger.ts';
import { parseAzureJson, parseCustomCloud } from '../../validate/files/azure-json.ts';
import { groupOf, type MachineApi } from '../machines/machine-api.ts';
import { type AzureChoice, choosePrincipal, ownClientIds, type Variables } from './azure-principal.ts';

export interface AzureAccess extends MachineApi {
  /** Client ids of whoever MIC is, in lower case. */
  readonly ownClientIds: readonly string[];
  /** Monotonic time of the last answer that was a success; undefined before the first. */
  readonly answeredAtMs: number | undefined;
  /** What failed last, if nothing has succeeded since. */
  readonly trouble: string | undefined;
  /** Reads the settings again every minute, until the signal is aborted. */
  run(signal: AbortSignal): Promise<void>;
}

export interface AzureAccessOptions {
  readonly variables: Variables;
  /** `--cloudconfig`; empty: none. */
  readonly file: string;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** @param operation in upstream's words: `vmss_get`, `vm_update`; and `operation_get` */
  onRequest(operation: string, outcome: 'ok' | 'failed', ms: number): void;
}

interface Connected {
  readonly hash: string;
  readonly connection: ArmConnection;
  readonly choice: AzureChoice;
}

const readAgainMs = 60_000;
/** A managed identity that gives no token for so long is one that an NMI stands before. */
const firstTokenMs = 10_000;

/** @throws PodidError InvalidUsage for settings that cannot be used */
export async function createAzureAccess(options: AzureAccessOptions): Promise<AzureAccess> {
  return new Access(options, await connect(options, undefined));
}

class Access implements AzureAccess {
  answeredAtMs: number | undefined;
  trouble: string | undefined;
  readonly #options: AzureAccessOptions;
  #now: Connected;

  constructor(options: AzureAccessOptions, connected: Connected) {
    this.#options = options;
    this.#now = connected;
  }

  get ownClientIds(): readonly string[] {
    return ownClientIds(this.#now.choice);
  }

  list: MachineApi['list'] = ({ kind, subscriptionId, resourceGroup }, signal) =>
    this.#ask(`${kind}_get`, signal, (connection) => {
      const machines = armMachines(connection);
      return kind === 'vmss'
        ? machines.scaleSets(subscriptionId, resourceGroup, signal)
        : machines.virtualMachines(subscriptionId, resourceGroup, signal);
    });

  get: MachineApi['get'] = (machineId, signal) =>
    this.#ask(`${groupOf(machineId).kind}_get`, signal, (connection) =>
      armMachines(connection).get(machineId, signal),
    );

  patch: MachineApi['patch'] = (machine, identity, signal) =>
    this.#ask(`${machine.kind}_update`, signal, (connection) =>
      patchIdentities(connection, machine, identity, signal),
    );

  follow: MachineApi['follow'] = (operation, signal) =>
    this.#ask('operation_get', signal, (connection) =>
      armMachines(connection).follow(operation, { pollIntervalMs: 1_000, onStatus: () => undefined, signal }),
    );

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#options.clock.sleep(readAgainMs, signal).catch(() => undefined);
      await this.#readAgain();
    }
  }

  async #ask<T>(
    operation: string,
    signal: AbortSignal,
    send: (connection: ArmConnection) => Promise<T>,
  ): Promise<T> {
    const { clock, onRequest } = this.#options;
    const beganMs = clock.monotonic();
    try {
      const answer = await this.#signedIn(signal, send);
      this.answeredAtMs = clock.monotonic();
      this.trouble = undefined;
      onRequest(operation, 'ok', this.answeredAtMs - beganMs);
      return answer;
    } catch (error) {
      if (!signal.aborted) {
        this.#note(error instanceof Error ? error.message : String(error));
        onRequest(operation, 'failed', clock.monotonic() - beganMs);
      }
      throw error;
    }
  }

  /** What stays as it is needs no second line. */
  #note(trouble: string): void {
    if (this.trouble !== trouble) {
      this.#options.logger.warn({ error: trouble.slice(0, 500) }, 'Azure does not do what it is asked for');
    }
    this.trouble = trouble;
  }

  /** A secret that was rotated is tried before a refusal counts. */
  async #signedIn<T>(signal: AbortSignal, send: (connection: ArmConnection) => Promise<T>): Promise<T> {
    const { connection } = this.#now;
    try {
      return await this.#firstInTime(signal, () => send(connection));
    } catch (error) {
      if (!isPodidError(error, 'NotSignedIn') || !(await this.#readAgain())) {
        throw error;
      }
      return send(this.#now.connection);
    }
  }

  /** IMDS may be out of reach behind an NMI, which answers after minutes and with a refusal. */
  async #firstInTime<T>(signal: AbortSignal, send: () => Promise<T>): Promise<T> {
    if (this.answeredAtMs !== undefined || this.#now.choice.as?.kind !== 'managedIdentity') {
      return send();
    }
    const { clock } = this.#options;
    const answer = await withinTime({ clock, ms: firstTokenMs }, signal, async () => ({
      value: await send(),
    }));
    if (answer === undefined) {
      throw new PodidError('Unavailable', 'The managed identity gave no token within 10 s.', {
        hint: advice`Where an NMI runs on the node, MIC needs its AzurePodIdentityException (podLabels of its own pods); or sign in by a federated token.`,
      });
    }
    return answer.value;
  }

  /** @returns whether the settings were others by now, and are in use */
  async #readAgain(): Promise<boolean> {
    try {
      const found = await connect(this.#options, this.#now);
      const isNew = found !== this.#now;
      this.#now = found;
      if (isNew) {
        this.#options.logger.info({}, 'the settings for Azure have changed and are in use');
      }
      return isNew;
    } catch (error) {
      this.#options.logger.warn(
        { error: String(error).slice(0, 300) },
        'the settings for Azure cannot be used',
      );
      return false;
    }
  }
}

/** @param before what is in use, given back where nothing has changed */
async function connect(options: AzureAccessOptions, before: Connected | undefined): Promise<Connected> {
  const { variables, file, userAgent, clock } = options;
  const cloudFile = variables['AZURE_ENVIRONMENT_FILEPATH'] ?? '';
  const [text, cloudText] = await Promise.all([readSettings(file), readSettings(cloudFile)]);
  const hash = createHash('sha256')
    .update(JSON.stringify([text, cloudText]))
    .digest('hex');
  if (before !== undefined && before.hash === hash) {
    return before;
  }
  const [token, endpoint] = [variables['PODID_ARM_TOKEN'], variables['PODID_ARM_ENDPOINT']];
  const json = text === undefined ? undefined : parseAzureJson(text, file);
  const isOwn = (json?.cloud ?? variables['CLOUD'])?.toLowerCase() === 'azurestackcloud';
  const ownCloud = isOwn && cloudText !== undefined ? parseCustomCloud(cloudText, cloudFile) : undefined;
  const choice = choosePrincipal(withLoopbackPrincipal(variables, token), json, ownCloud);
  if (!token && choice.as?.kind !== 'managedIdentity') {
    // What no waiting fixes ends the start, and not the first request.
    authorityHostOf({ ...choice, environment: variables });
  }
  const connection = connectArm({
    ...choice,
    ...(token ? { token } : {}),
    ...(endpoint ? { endpoint } : {}),
    environment: variables,
    network: createNetwork(variables),
    ways: [],
    userAgent,
    clock,
  });
  return { hash, connection, choice };
}

/** With a token for an emulator on loopback nobody has to be named. */
function withLoopbackPrincipal(variables: Variables, token: string | undefined): Variables {
  return token && !variables['CLIENT_ID'] && !variables['AZURE_CLIENT_ID']
    ? { ...variables, USE_MSI: 'true' }
    : variables;
}

async function readSettings(path: string): Promise<string | undefined> {
  if (path === '') {
    return undefined;
  }
  try {
    return decodeText(await readFile(path));
  } catch (cause) {
    throw new PodidError('InvalidUsage', `${path} cannot be read: ${fileErrorText(cause)}.`, {
      hint: advice`Name another file, or leave the flag or variable away.`,
      cause,
    });
  }
}
