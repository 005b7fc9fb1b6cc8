import { isIPv4 } from 'node:net';
import { parseSecretPairs, type SecretPairs } from '../domain/kubernetes/secret-pairs.ts';
import { isTaintKey } from '../domain/kubernetes/taints.ts';
import { advice } from '../errors/hint.ts';
import { PodidError } from '../errors/podid-error.ts';
import type { FlagValues } from '../flags/flag-table.ts';
import { didYouMean, readGoFlags } from '../flags/read-go-flags.ts';
import { createNetwork, type Network } from '../network/network.ts';
import { namespaceRule } from '../validate/flags/kubernetes-names.ts';
import { type HoldTimes, usualHoldMs } from './decide/passing-reasons.ts';
import { nmiFlags, nmiWords } from './nmi-flags.ts';
import { type ExchangeSettings, exchangeFaults, exchangeSettings } from './tokens/exchange/exchange-flags.ts';

export type NmiWord = 'all' | keyof typeof nmiWords;

/** Everything that was set, read once. */
export interface NmiSettings {
  readonly word: NmiWord;
  readonly flags: FlagValues<typeof nmiFlags>;
  readonly node: string;
  readonly forceNamespaced: boolean;
  /** `--refuse-client-ids`, in lower case. */
  readonly refusedClientIds: ReadonlySet<string>;
  readonly secretPairs: SecretPairs;
  readonly kubeconfig: string;
  /** The API server's address inside a cluster; empty outside. */
  readonly kubernetesHost: string;
  readonly kubernetesPort: string;
  /** How long a request is held for what heals by itself. */
  readonly holdTimes: HoldTimes;
  readonly adEndpointHosts: readonly string[];
  readonly exchange: ExchangeSettings;
  /** Whose pods get an Event where they are refused. */
  readonly eventNamespaces: ReadonlySet<string>;
  readonly serverUser: number | undefined;
  /** The way to Entra, and to the API server that a kubeconfig names; IMDS is asked past it. */
  readonly network: Network;
}

/** As long as upstream ever held a request. */
const longestAssignmentWaitMs = 100_000;

/** @throws PodidError InvalidUsage with every fault in its details */
export function nmiSettings(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = process.env,
): NmiSettings {
  // As with podid, `help` before everything else is `--help`.
  const asFlag = argv[0] === 'help' ? ['--help', ...argv.slice(1)] : argv;
  const {
    values: flags,
    given,
    words,
  } = readGoFlags(asFlag, nmiFlags, {
    program: 'podid-nmi',
    environment,
  });
  const settings: NmiSettings = {
    word: readWord(words),
    flags,
    node: flags.node,
    // As upstream has it, one yes is enough; and `True`, which it takes for a no, is one.
    forceNamespaced: flags.forceNamespaced || environment['FORCENAMESPACED']?.toLowerCase() === 'true',
    refusedClientIds: new Set(listIn(flags['refuse-client-ids'].toLowerCase())),
    secretPairs: readSecretPairs(flags['secrets-of-other-namespaces']),
    kubeconfig: flags.kubeconfig,
    kubernetesHost: environment['KUBERNETES_SERVICE_HOST'] ?? '',
    kubernetesPort: environment['KUBERNETES_SERVICE_PORT'] ?? '443',
    holdTimes: holdTimes(flags, given),
    adEndpointHosts: listIn(flags['allow-ad-endpoint']),
    exchange: exchangeSettings(flags),
    eventNamespaces: new Set(listIn(flags['event-namespaces'])),
    serverUser: /^\d{1,10}$/.test(flags['server-user']) ? Number(flags['server-user']) : undefined,
    network: createNetwork(environment),
  };
  if (!flags.help && !flags.version) {
    requireSource(settings);
  }
  return settings;
}

function listIn(text: string): readonly string[] {
  return text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

function readSecretPairs(text: string): SecretPairs {
  const { pairs, wrong } = parseSecretPairs(listIn(text));
  const [first] = wrong;
  if (first !== undefined) {
    throw usage(
      `--secrets-of-other-namespaces takes pairs of namespaces IDENTITIES:SECRETS, as capz-system:default; ${JSON.stringify(first)} is not one.`,
    );
  }
  return pairs;
}

function readWord(given: readonly string[]): NmiWord {
  if (given.length === 0) {
    return 'all';
  }
  const words = Object.keys(nmiWords) as (keyof typeof nmiWords)[];
  const word = given.length === 1 ? words.find((each) => each === given[0]) : undefined;
  if (word === undefined) {
    const meant = didYouMean(given[0] ?? '', words);
    throw usage(
      `"${given.join(' ')}" is not a command of podid-nmi: give one of ${words.join(', ')}, or none.${meant}`,
    );
  }
  return word;
}

/** Upstream's three retry flags, where one of them is given, say how long MIC is waited for. */
function holdTimes(flags: FlagValues<typeof nmiFlags>, given: ReadonlySet<string>): HoldTimes {
  const mode = flags['operation-mode'] === 'managed' ? 'managed' : 'standard';
  const holdSec = flags['hold-sec'];
  const usual = holdSec === undefined ? usualHoldMs[mode] : holdSec * 1000;
  const retryFlags = [
    'retry-attempts-for-created',
    'retry-attempts-for-assigned',
    'find-identity-retry-interval',
  ];
  if (mode === 'managed' || holdSec === 0 || !retryFlags.some((name) => given.has(name))) {
    return { usual, unassigned: usual, created: usual };
  }
  const intervalMs = flags['find-identity-retry-interval'] * 1000;
  const created = flags['retry-attempts-for-created'];
  const assigned = flags['retry-attempts-for-assigned'];
  return {
    usual,
    unassigned: Math.min(longestAssignmentWaitMs, created * intervalMs),
    created: Math.min(longestAssignmentWaitMs, (created + assigned) * intervalMs),
  };
}

function requireSource(settings: NmiSettings): void {
  const { word, flags, node, forceNamespaced, exchange, adEndpointHosts } = settings;
  const serves = word === 'all' || word === 'serve';
  const guardsBoot = word === 'boot-guard';
  const faults = [
    flags.once && flags.remove ? 'Only one of --once and --remove can be given.' : '',
    flags.once && word !== 'rules' ? '--once needs the command rules.' : '',
    flags.remove && serves ? '--remove needs the command rules or boot-guard.' : '',
    guardsBoot && !flags['host-root'].startsWith('/')
      ? '--host-root is missing: the absolute path where the root of the node is mounted.'
      : '',
    serves && node === '' ? 'The name of the node is missing: pass --node, or set NODE_NAME.' : '',
    serves && flags['operation-mode'] === 'managed' && !forceNamespaced
      ? 'Managed mode is namespaced: pass --forceNamespaced with it.'
      : '',
    !serves && flags['remove-startup-taint'] !== ''
      ? `--remove-startup-taint is for the process that serves and cannot be used with the command ${word}.`
      : '',
    flags['remove-startup-taint'] === '' || isTaintKey(flags['remove-startup-taint'])
      ? ''
      : 'The flag --remove-startup-taint takes the key of a taint, without value and effect.',
    ...eventFaults(settings, serves),
    ...exchangeFaults(exchange, adEndpointHosts),
    isIPv4(flags['nmi-listen-address']) ? '' : 'The flag --nmi-listen-address takes an IPv4 address.',
    isIPv4(flags['metadata-ip']) ? '' : 'The flag --metadata-ip takes an IPv4 address.',
  ].filter((fault) => fault !== '');
  if (faults.length > 0) {
    throw usage(faults.join(' '), faults);
  }
}

function eventFaults({ word, flags, eventNamespaces }: NmiSettings, serves: boolean): string[] {
  if (eventNamespaces.size === 0) {
    return [];
  }
  const wrong = [...eventNamespaces].find((name) => namespaceRule(name) !== undefined);
  return [
    wrong === undefined
      ? ''
      : `--event-namespaces takes names of namespaces, as shop,billing; ${JSON.stringify(wrong)} is not one.`,
    serves
      ? ''
      : `--event-namespaces is for the process that serves and cannot be used with the command ${word}.`,
    serves && flags['operation-mode'] === 'standard'
      ? '--event-namespaces is for managed mode: in standard mode the controller writes the Events of pods.'
      : '',
  ];
}

function usage(message: string, faults: readonly string[] = [message]): PodidError {
  return new PodidError('InvalidUsage', message, {
    hint: advice`podid-nmi --help`,
    details: faults.map((fault) => ({ message: fault })),
  });
}
