import { strToU8, zipSync } from 'fflate';
import type { ClusterCommand, CommandEnd } from '../../domain/azure/run-command.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import { startDeadline } from '../../domain/time/deadline.ts';
import { advice } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import { readCommandFacts } from '../../validate/azure/command-facts.ts';
import { isRecord, type JsonRecord, recordAt, stringAt } from '../../validate/json-record.ts';
import { type ArmAnswer, azureRetryAfterMs } from '../connection/arm-answer.ts';
import type { ArmConnection } from '../connection/arm-connection.ts';
import type { ArmRequest } from '../connection/arm-request.ts';
import { mapArmAnswer } from '../connection/map-arm-error.ts';
import { maskSecrets } from '../connection/mask-secrets.ts';
import { commandFailed, mapRunCommandError, runCommandDisabled } from './run-command-error.ts';

export interface CommandRun {
  readonly connection: ArmConnection;
  readonly apiVersion: string;
  /** As it is now. */
  readonly cluster: Cluster;
  /** The caller's, for the API of a cluster that signs in through Entra. */
  readonly clusterToken: (signal: AbortSignal) => Promise<string>;
}

interface RunOptions {
  readonly pollIntervalMs: number;
  readonly signal: AbortSignal;
}

/**
 * Runs a command in a pod that AKS makes in the cluster for it, with the files beside it, and waits for its
 * end: `runCommand` and its `commandResults`, as `az aks command invoke` asks for them. Sent once: what the
 * command does may be done although no answer came.
 *
 * @throws PodidError as `Clusters.runCommand`
 */
export async function runCommand(
  run: CommandRun,
  command: ClusterCommand,
  options: RunOptions,
): Promise<CommandEnd> {
  const facts = readCommandFacts(run.cluster.document);
  if (facts.disabled) {
    throw runCommandDisabled(run.cluster.id);
  }
  const started = await start(run, await bodyOf(run, command, facts.entra, options.signal), options.signal);
  const end = started.status === 200 ? resultIn(started) : undefined;
  if (end !== undefined) {
    return asEnd(run.cluster, end);
  }
  const url = started.header('location') ?? '';
  const { endpoint } = run.connection;
  if (url === '' || !URL.canParse(url, endpoint.url) || !endpoint.mayReceiveToken(url)) {
    throw leadsNowhere();
  }
  return asEnd(run.cluster, await untilEnded(run, url, options));
}

/**
 * A cluster that signs in through Entra runs the command as the caller, and is handed the caller's token for
 * it.
 */
async function bodyOf(
  { clusterToken }: CommandRun,
  { text, files }: ClusterCommand,
  entra: boolean,
  signal: AbortSignal,
): Promise<string> {
  const contents = Object.entries(files).map(([name, content]) => [name, strToU8(content)] as const);
  const zip = zipSync(Object.fromEntries(contents), { mtime: new Date('2000-01-01T00:00:00') });
  const token = entra ? await clusterToken(signal) : '';
  return JSON.stringify({
    command: text,
    context: Buffer.from(zip).toString('base64'),
    ...(token === '' ? {} : { clusterToken: token }),
  });
}

async function start(run: CommandRun, body: string, signal: AbortSignal): Promise<ArmAnswer> {
  const { connection, apiVersion } = run;
  const about = aboutCommand(run, 'run a command in', 'runCommand/action');
  const url = `${about.scope}/runCommand?api-version=${apiVersion}`;
  const answer = await connection.send({ method: 'POST', url, about, body }, signal, 'none');
  if (answer.status < 200 || answer.status >= 300) {
    throw mapArmAnswer(answer, about);
  }
  return answer;
}

function aboutCommand({ connection, cluster }: CommandRun, doing: string, right: string): ArmRequest {
  const { id } = cluster;
  return {
    doing: `${doing} AKS cluster ${id.name}`,
    action: `Microsoft.ContainerService/managedClusters/${right}`,
    scope: `/subscriptions/${id.subscriptionId}/resourceGroups/${id.resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${id.name}`,
    caller: connection.caller,
    notFound: 'ClusterNotFound',
    known: (fault) => mapRunCommandError(fault, id),
  };
}

/** A transient failure on a poll says nothing about the command. */
async function untilEnded(run: CommandRun, url: string, options: RunOptions): Promise<JsonRecord> {
  const { connection } = run;
  const about: ArmRequest = {
    ...aboutCommand(run, 'read the result of a command in', 'commandResults/read'),
    notFound: 'ClusterUnreachable',
  };
  const { clock } = connection;
  const deadline = startDeadline(clock, longestRunMs, options.signal);
  let waitMs = options.pollIntervalMs;
  /** Why its result was not read the last time. */
  let trouble = '';
  for (;;) {
    if (deadline.passed()) {
      throw neverEnded(run.cluster, trouble);
    }
    await clock.sleep(waitMs, options.signal);
    const answer = await connection
      .send({ method: 'GET', url, about }, options.signal)
      .catch((error: unknown) => {
        if (isPodidError(error, 'Unavailable')) {
          trouble = ` ${error.message}`;
          return undefined;
        }
        throw error;
      });
    const asked = answer && azureRetryAfterMs({ get: (name) => answer.header(name) }, clock.now());
    waitMs = Math.min(asked ?? options.pollIntervalMs, longestWaitMs);
    if (answer === undefined) {
      continue;
    }
    if (isTransient(answer)) {
      trouble = ` ${mapArmAnswer(answer, about).message}`;
      continue;
    }
    trouble = '';
    if (answer.status < 200 || answer.status >= 300) {
      throw mapArmAnswer(answer, about);
    }
    const end = answer.status === 200 ? resultIn(answer) : undefined;
    if (end !== undefined) {
      return end;
    }
  }
}

const longestWaitMs = 60_000;
/** Twice as long as `az aks command invoke` waits. */
const longestRunMs = 10 * 60_000;

function neverEnded({ id }: Cluster, trouble: string): PodidError {
  const message = `The command in cluster ${id.name} did not end within ten minutes.${trouble}`;
  return new PodidError('Unavailable', message, {
    hint: advice`It is safe to run the same command again; the pods of namespace aks-command show what happened to this one.`,
  });
}

function isTransient({ status, text }: ArmAnswer): boolean {
  return (
    status === 408 || status === 429 || status >= 500 || (status >= 400 && text.trimStart().startsWith('<'))
  );
}

/** Undefined while it runs. */
function resultIn({ text }: ArmAnswer): JsonRecord | undefined {
  const body: unknown = text === '' ? undefined : JSON.parse(text);
  const properties = isRecord(body) ? recordAt(body, 'properties') : {};
  return ['Succeeded', 'Failed', 'Canceled'].includes(stringAt(properties, 'provisioningState') ?? '')
    ? properties
    : undefined;
}

/** `Succeeded`: the command has run, whatever it came to. */
function asEnd({ id }: Cluster, properties: JsonRecord): CommandEnd {
  if (properties['provisioningState'] !== 'Succeeded') {
    throw commandFailed(id, maskSecrets(stringAt(properties, 'reason') ?? ''));
  }
  const exitCode = properties['exitCode'];
  return {
    exitCode: typeof exitCode === 'number' ? exitCode : 1,
    logs: stringAt(properties, 'logs') ?? '',
  };
}

function leadsNowhere(): PodidError {
  return new PodidError(
    'Unavailable',
    'Azure accepted the command but did not say where its result will be.',
    {
      hint: advice`Check PODID_ARM_ENDPOINT, --cloud and the proxy; it is safe to run the same command again.`,
    },
  );
}
