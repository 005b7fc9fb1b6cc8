import { hostname } from 'node:os';
import { managedIdentityType } from '../domain/azure/resource-id.ts';
import { isGuid, isWrittenId } from '../domain/azure/written-id.ts';
import { advice } from '../errors/hint.ts';
import { PodidError } from '../errors/podid-error.ts';
import type { FlagValues } from '../flags/flag-table.ts';
import { didYouMean, readGoFlags } from '../flags/read-go-flags.ts';
import { durationRule, parseDuration } from '../validate/flags/duration.ts';
import { quoted } from '../validate/usage-faults.ts';
import { micFlags, micWords } from './mic-flags.ts';

export type MicWord = 'control' | keyof typeof micWords;
export type Environment = Readonly<Record<string, string | undefined>>;

/** Everything that was set, read once; what may change meanwhile is read again by `azure/`. */
export interface MicSettings {
  readonly word: MicWord;
  readonly flags: FlagValues<typeof micFlags>;
  readonly forceNamespaced: boolean;
  /** `MIC_POD_NAMESPACE`; empty outside a cluster. */
  readonly ownNamespace: string;
  readonly instance: string;
  readonly leaseMs: number;
  readonly reconcileMs: number;
  /** Of AzureAssignedIdentities; more than 0. */
  readonly writesPerSecond: number;
  /** Undefined: nothing is ever removed. */
  readonly removalDelayMs: number | undefined;
  /** Client ids and resource ids in lower case. */
  readonly immutable: readonly string[];
  /** `subscription/group` or `group`, in lower case; empty: those of the nodes. */
  readonly groups: readonly string[];
  readonly kubernetesHost: string;
  readonly kubernetesPort: string;
  readonly environment: Environment;
}

/** @throws PodidError InvalidUsage with every fault in its details */
export function micSettings(argv: readonly string[], environment: Environment = process.env): MicSettings {
  const { values: flags, given, words } = readGoFlags(argv, micFlags, { program: 'podid-mic', environment });
  const faults: string[] = [];
  checkPorts(flags, faults);
  const duration = (name: 'leader-election-duration' | 'identity-assignment-reconcile-interval') =>
    durationOf(name, flags[name], faults);
  const settings: MicSettings = {
    word: readWord(words),
    flags,
    forceNamespaced: isConfined(
      given.has('forceNamespaced') ? flags.forceNamespaced : undefined,
      environment,
    ),
    ownNamespace: environment['MIC_POD_NAMESPACE'] ?? '',
    instance: flags['leader-election-instance'] || hostname(),
    leaseMs: duration('leader-election-duration'),
    reconcileMs: duration('identity-assignment-reconcile-interval'),
    writesPerSecond: writesPerSecond(flags.clientQps, faults),
    removalDelayMs: removalDelay(flags['removal-delay'], faults),
    immutable: immutableIds(flags['immutable-user-msis'], faults),
    groups: listed(flags['node-resource-groups']),
    kubernetesHost: environment['KUBERNETES_SERVICE_HOST'] ?? '',
    kubernetesPort: environment['KUBERNETES_SERVICE_PORT'] ?? '443',
    environment,
  };
  if (faults.length > 0) {
    throw usage(faults.join(' '), faults);
  }
  return settings;
}

function readWord(given: readonly string[]): MicWord {
  const [word, ...more] = given;
  if (word === undefined) {
    return 'control';
  }
  if (more.length === 0 && word === 'plan') {
    return word;
  }
  const words = Object.keys(micWords);
  const message = `"${given.join(' ')}" is not a command of podid-mic: give ${words.join(', ')}, or none.${didYouMean(word, words)}`;
  throw usage(message, [message]);
}

/** As upstream has it, one yes is enough; where neither the flag nor the variable says a word, it is yes. */
function isConfined(flag: boolean | undefined, environment: Environment): boolean {
  const variable = environment['FORCENAMESPACED']?.toLowerCase();
  return flag === true || variable === 'true' || (flag === undefined && variable !== 'false');
}

function durationOf(name: string, text: string, faults: string[]): number {
  const ms = parseDuration(text);
  if (ms === undefined) {
    const also = name === 'removal-delay' ? ', or never' : '';
    faults.push(`The flag --${name} takes ${durationRule(text)}${also}; this is ${quoted(text)}.`);
  }
  return ms ?? 1;
}

/** Upstream takes parts of a write, too. */
function writesPerSecond(text: string, faults: string[]): number {
  const count = /^\d{1,5}(?:\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  if (count <= 0) {
    faults.push(`The flag --clientQps takes a number above 0; this is ${quoted(text)}.`);
  }
  return count;
}

function removalDelay(text: string, faults: string[]): number | undefined {
  if (text === 'never') {
    return undefined;
  }
  return text === '0' || text === '0s' ? 0 : durationOf('removal-delay', text, faults);
}

/** Port 0 is any that is free. */
function checkPorts(flags: MicSettings['flags'], faults: string[]): void {
  const [probes, metrics] = [flags['http-probe-port'], flags['prometheus-port']];
  if (probes !== 0 && probes === metrics && flags['probe-address'] === flags['metrics-address']) {
    faults.push(
      `The flags --http-probe-port and --prometheus-port are both ${probes}: each takes a port of its own.`,
    );
  }
}

function immutableIds(text: string, faults: string[]): string[] {
  const ids = listed(text);
  for (const id of ids.filter((each) => !isGuid(each) && !isWrittenId(each, managedIdentityType))) {
    faults.push(
      `The flag --immutable-user-msis takes client ids, which are GUIDs, and resource ids of managed identities; ${quoted(id)} is neither.`,
    );
  }
  return ids;
}

function listed(text: string): string[] {
  return text
    .split(',')
    .map((each) => each.trim().toLowerCase())
    .filter((each) => each !== '');
}

function usage(message: string, faults: readonly string[]): PodidError {
  return new PodidError('InvalidUsage', message, {
    hint: advice`podid-mic --help`,
    details: faults.map((fault) => ({ message: fault })),
  });
}
