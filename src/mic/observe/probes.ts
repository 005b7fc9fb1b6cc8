import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WatchList } from '../../k8s/client/watch-list-options.ts';

export interface MicFacts {
  readonly notListening: readonly string[];
  readonly watches: ReadonlyMap<string, Pick<WatchList, 'synced' | 'live' | 'heardAt'>>;
  readonly isLeader: boolean;
  /** Empty: nobody leads. */
  readonly leader: string;
  readonly azure: { readonly trouble: string | undefined; readonly answeredAtMs: number | undefined };
  readonly draining: boolean;
  readonly nowMs: number;
}

/** A watch that was cut is resumed within seconds, and Azure has its bad minutes: only what lasts is told. */
const outageMs = 10_000;
const azureOutageMs = 5 * 60_000;

/** Everything that keeps MIC from being what it should; empty when it leads, or could at once. */
export function whyNotReady(facts: MicFacts): readonly string[] {
  const { watches, nowMs, azure, isLeader } = facts;
  const silentMs = nowMs - (azure.answeredAtMs ?? Number.NEGATIVE_INFINITY);
  const isAzureAway = isLeader && azure.trouble !== undefined && silentMs > azureOutageMs;
  return [
    ...(facts.draining ? ['podid-mic is shutting down.'] : []),
    ...facts.notListening,
    ...[...watches].flatMap(([resource, watch]) => watchFaults(resource, watch, nowMs)),
    ...(isAzureAway ? [`Azure: ${azure.trouble}`] : []),
  ];
}

function watchFaults(
  resource: string,
  { synced, live, heardAt }: Pick<WatchList, 'synced' | 'live' | 'heardAt'>,
  nowMs: number,
): string[] {
  if (!synced) {
    return [`The list of ${resource} has not been received yet.`];
  }
  const silentMs = nowMs - (heardAt ?? nowMs);
  return !live && silentMs > outageMs
    ? [`Nothing was received from the API server about ${resource} for ${Math.round(silentMs / 1000)} s.`]
    : [];
}

/**
 * `/healthz`: alive, and as upstream has it `Active` on the leader alone. `/readyz`: leading, or ready to, and
 * if not, why.
 */
export function createProbeHandler(read: () => MicFacts) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const path = (request.url ?? '').split('?')[0];
    const facts = read();
    if (path === '/healthz') {
      plain(response, 200, facts.isLeader ? 'Active' : 'Not Active');
      return;
    }
    if (path !== '/readyz') {
      plain(response, 404, 'There are /healthz and /readyz.');
      return;
    }
    const faults = whyNotReady(facts);
    const role = facts.isLeader ? 'Leading.' : `Standing by; ${facts.leader || 'nobody'} leads.`;
    const word = faults.length === 0 ? 'Active' : 'Not Active';
    plain(response, faults.length === 0 ? 200 : 503, [word, role, ...faults].join('\n'));
  };
}

function plain(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(body);
}
