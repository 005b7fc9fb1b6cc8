import type { EntryKey } from '../../../domain/entries/pod-identity.ts';
import {
  admissionApi,
  type ExchangeGuard,
  type GuardedAgent,
  isSameSpec,
  leastMinorOfNodes,
  nodeTokensGuard,
  ownPodsGuard,
} from '../../../domain/exchange/exchange-guard.ts';
import type { Clock } from '../../../domain/time/clock.ts';
import { type ApiConnection, ApiFailure } from '../../../k8s/client/api-connection.ts';
import type { Logger } from '../../../runtime/logger.ts';
import { isRecord, recordAt, stringAt } from '../../../validate/json-record.ts';
import { TokenRefused } from '../token-error.ts';
import { readAssertion } from './read-assertion.ts';

/**
 * How the agent makes a token of a pod's account: by acting as its own node, to which the API server gives tokens of the
 * node's pods alone, or by its own account, which an admission policy confines to them.
 */
export type TokenWay = 'node' | 'own';

/** A way whose policy and binding stand as podid made them. */
export interface StandingWay {
  readonly way: TokenWay;
  readonly policy: string;
  readonly audience: string;
  /** Another one where somebody touched policy or binding since. */
  readonly version: string;
}

export interface WorkloadGuard {
  /**
   * The ways that are safe now, the stronger first; never none.
   * @throws TokenRefused 503 where nothing confines the agent, or nobody can tell
   */
  ways(signal: AbortSignal): Promise<readonly StandingWay[]>;
  /** Of the last look: whether there was a way; undefined before the first. */
  readonly stands: boolean | undefined;
  /** Looks each minute, until the signal. */
  run(signal: AbortSignal): Promise<void>;
}

export interface WorkloadGuardOptions {
  readonly connection: Pick<ApiConnection, 'getJson'>;
  /** The agent's own token to exchange: its account and audience are the agent's. */
  readonly tokenFile: string;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

const lookEveryMs = 60_000;
/** What was seen is believed until the next look is overdue. */
const believedMs = 75_000;
const againSec = 5;

interface Look {
  readonly atMs: number;
  readonly ways: readonly StandingWay[];
  /** Sentences; empty where there is a way. */
  readonly faults: readonly string[];
}

export function createWorkloadGuard(options: WorkloadGuardOptions): WorkloadGuard {
  const { clock, logger } = options;
  let last: Look | undefined;
  const look = async (signal: AbortSignal): Promise<Look> => {
    const seen = { atMs: clock.monotonic(), ...(await lookOnce(options, signal)) };
    if ((last?.ways.length ?? -1) !== seen.ways.length) {
      const ways = seen.ways.map(({ way, policy }) => `${way}: ${policy}`);
      const facts = { ways, faults: seen.faults };
      seen.ways.length > 0
        ? logger.info(facts, 'tokens of the pods’ accounts are confined')
        : logger.warn(facts, 'nothing confines tokens of the pods’ accounts, and none is made');
    }
    last = seen;
    return seen;
  };
  return {
    get stands() {
      return last === undefined ? undefined : last.ways.length > 0;
    },
    async ways(signal) {
      const isNew = last !== undefined && clock.monotonic() - last.atMs < believedMs && last.ways.length > 0;
      const { ways, faults } = isNew && last !== undefined ? last : await look(signal);
      if (ways.length === 0) {
        throw unguarded(faults.join(' '));
      }
      return ways;
    },
    async run(signal) {
      while (!signal.aborted) {
        await look(signal).catch((error: unknown) => {
          if (!signal.aborted) {
            logger.warn({ error: String(error).slice(0, 500) }, 'the admission policies could not be read');
          }
        });
        await clock.sleep(lookEveryMs * (0.9 + 0.1 * clock.random()), signal).catch(() => undefined);
      }
    },
  };
}

async function lookOnce(
  { connection, tokenFile }: WorkloadGuardOptions,
  signal: AbortSignal,
): Promise<Pick<Look, 'ways' | 'faults'>> {
  const { subject, audience } = await readAssertion(tokenFile);
  const account = accountOf(subject);
  if (account === undefined) {
    throw unguarded(`${tokenFile} does not say which service account the agent has.`);
  }
  const agent: GuardedAgent = { account, audience };
  try {
    const minor = await serverMinor(connection, signal);
    const guards: readonly (readonly [TokenWay, ExchangeGuard])[] = [
      ...(minor >= leastMinorOfNodes ? ([['node', nodeTokensGuard(agent)]] as const) : []),
      ['own', ownPodsGuard(agent)],
    ];
    const seen = await Promise.all(
      guards.map(async ([way, guard]) => ({ way, guard, found: await readGuard(connection, guard, signal) })),
    );
    return {
      ways: seen.flatMap(({ way, guard, found }) =>
        found.kind === 'stands' ? [{ way, policy: guard.name, audience, version: found.version }] : [],
      ),
      faults: seen.flatMap(({ found }) => (found.kind === 'fault' ? [found.sentence] : [])),
    };
  } catch (error) {
    signal.throwIfAborted();
    throw unguarded(`The API server did not say whether the admission policies stand: ${textOf(error)}`);
  }
}

async function serverMinor(connection: Pick<ApiConnection, 'getJson'>, signal: AbortSignal): Promise<number> {
  const version = await connection.getJson('/version', signal);
  // Some servers write `30+`.
  return Number.parseInt(stringAt(isRecord(version) ? version : {}, 'minor') ?? '0', 10);
}

type Found =
  | { readonly kind: 'stands'; readonly version: string }
  | { readonly kind: 'fault'; readonly sentence: string };

async function readGuard(
  connection: Pick<ApiConnection, 'getJson'>,
  { name, policy, binding }: ExchangeGuard,
  signal: AbortSignal,
): Promise<Found> {
  const versions: string[] = [];
  for (const [kind, plural, expected] of [
    ['ValidatingAdmissionPolicy', 'validatingadmissionpolicies', policy],
    ['ValidatingAdmissionPolicyBinding', 'validatingadmissionpolicybindings', binding],
  ] as const) {
    const path = `/apis/${admissionApi}/v1/${plural}/${encodeURIComponent(name)}`;
    const found = await connection.getJson(path, signal).catch((error: unknown) => {
      if (error instanceof ApiFailure && (error.status === 404 || error.status === 403)) {
        return error;
      }
      throw error;
    });
    if (found instanceof ApiFailure) {
      const what = found.status === 404 ? 'does not exist' : `cannot be read: ${found.message}`;
      return { kind: 'fault', sentence: `${kind} ${name} ${what}${found.status === 404 ? '.' : ''}` };
    }
    const object = isRecord(found) ? found : {};
    if (!isSameSpec(expected, object['spec'])) {
      return { kind: 'fault', sentence: `${kind} ${name} is not as podid's chart makes it.` };
    }
    const metadata = recordAt(object, 'metadata');
    versions.push(`${stringAt(metadata, 'uid')}/${stringAt(metadata, 'resourceVersion')}`);
  }
  return { kind: 'stands', version: versions.join(' ') };
}

/** `system:serviceaccount:NAMESPACE:NAME`. */
function accountOf(subject: string): EntryKey | undefined {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(subject) ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}

function unguarded(why: string): TokenRefused {
  return new TokenRefused({
    status: 503,
    error: 'temporarily_unavailable',
    description: `The agent makes no tokens of the pods' own accounts while nothing confines it to those of its node. ${why}`,
    retryAfterSec: againSec,
  });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
