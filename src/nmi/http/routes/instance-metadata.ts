import type { PodLookup } from '../../cluster/pod-lookup.ts';
import type { Decide } from '../../decide/choose-identity.ts';
import type { NmiMetrics } from '../../observe/nmi-metrics.ts';
import type { MetadataSource } from '../../tokens/imds/metadata-source.ts';
import { TokenRefused } from '../../tokens/token-error.ts';
import { answerBytes, answerError, type Exchange } from '../answer.ts';
import type { CanonicalTarget } from '../canonical-path.ts';
import { badRequest, type ErrorAnswer, tryLater } from '../error-answer.ts';
import type { HeldRequests } from '../held-requests.ts';
import { type MetadataRules, metadataAccess, notFound } from '../metadata-access.ts';
import { metadataTarget } from '../metadata-target.ts';

export interface InstanceMetadataOptions {
  readonly rules: MetadataRules;
  readonly source: MetadataSource;
  readonly lookup: PodLookup;
  readonly decide: Decide;
  readonly held: HeldRequests;
  readonly metrics: NmiMetrics;
  onRefused(exchange: Exchange, error: ErrorAnswer): void;
}

/** The rest of IMDS, by allow-list. */
export function createInstanceMetadataRoute(options: InstanceMetadataOptions) {
  const { rules, held, metrics, onRefused } = options;
  return async (exchange: Exchange, target: CanonicalTarget): Promise<void> => {
    const refuse = (error: ErrorAnswer) => {
      metrics.metadata(error.status);
      answerError(exchange, error);
      onRefused(exchange, error);
    };
    const access = metadataAccess(target.path, rules);
    if (access.kind === 'refuse') {
      return refuse(access.answer);
    }
    if (exchange.request.method !== 'GET') {
      return refuse({
        ...notFound,
        status: 405,
        reason: 'method',
        description: 'Instance metadata is requested with GET.',
      });
    }
    const rebuilt = metadataTarget(target);
    if (rebuilt === undefined) {
      return refuse(badRequest('bad-query', 'A value of the query is not one that IMDS knows.'));
    }
    const answer = await held.run(exchange, async (signal) => {
      const denied = access.kind === 'excepted-only' ? onlyExcepted(options, exchange.peer) : undefined;
      const askerId = options.lookup.peek(exchange.peer)?.uid ?? unknownPeers;
      return denied ?? (await ask(options.source, { rebuilt, askerId }, signal));
    });
    if (answer === undefined || answer.kind === 'error') {
      return refuse(answer ?? away);
    }
    metrics.metadata(answer.status);
    answerBytes(exchange, answer.status, answer.type, answer.body);
  };
}

/**
 * Callers that are not known pods may have any number of addresses: together they have one share of the
 * queue.
 */
const unknownPeers = 'unknownPeers';
const away = tryLater('imds-away', 'IMDS gave no answer.', 5);

function onlyExcepted({ lookup, decide }: InstanceMetadataOptions, peer: string): ErrorAnswer | undefined {
  const pod = lookup.find(peer);
  if (pod.kind === 'error') {
    return pod;
  }
  return decide.isExcepted(pod) ? undefined : notFound;
}

async function ask(
  source: MetadataSource,
  { rebuilt, askerId }: { rebuilt: string; askerId: string },
  signal: AbortSignal,
) {
  try {
    return (await source.get(rebuilt, askerId, signal)) ?? away;
  } catch (error) {
    if (error instanceof TokenRefused) {
      return tryLater('imds-busy', error.message, error.retryAfterSec ?? 2);
    }
    signal.throwIfAborted();
    return away;
  }
}
