import type { WatchList } from '../../k8s/client/watch-list-options.ts';
import type { Heartbeat } from '../rules/heartbeat.ts';

export interface ReadinessFacts {
  /** Addresses that could not be listened on, each with the reason. */
  readonly notListening: readonly string[];
  readonly watches: ReadonlyMap<string, Pick<WatchList, 'synced' | 'live' | 'heardAt'>>;
  /** Kinds for whose lists the hold of a takeover stands in. */
  readonly held: ReadonlySet<string>;
  /** Somebody else redirects, so that no rules of podid's are asked for. */
  readonly redirectedByOthers: boolean;
  readonly rules: { readonly latest: Heartbeat | undefined; readonly isFresh: boolean };
  /** Why nobody is answered on a kubenet node. */
  readonly gateClosed: string | undefined;
  readonly draining: boolean;
  /** Monotonic milliseconds. */
  readonly nowMs: number;
}

/** A watch that was cut is resumed within seconds; only what lasts longer is reported. */
const outageMs = 10_000;

/** Everything that keeps the agent from being what it should; empty when it is ready. */
export function whyNotReady(facts: ReadinessFacts): readonly string[] {
  return [
    ...(facts.draining ? ['The agent is shutting down.'] : []),
    ...(facts.gateClosed === undefined ? [] : [facts.gateClosed]),
    ...facts.notListening,
    ...[...facts.watches]
      .filter(([resource]) => !facts.held.has(resource))
      .flatMap(([resource, watch]) => watchFaults(resource, watch, facts.nowMs)),
    ...(facts.redirectedByOthers ? [] : rulesFaults(facts.rules)),
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
    ? [
        `Nothing was received from the API server about ${resource} for ${Math.round(silentMs / 1000)} s; serving from the last known state.`,
      ]
    : [];
}

function rulesFaults({ latest, isFresh }: ReadinessFacts['rules']): string[] {
  if (latest === undefined) {
    return ['No report says that the redirect rules are in place.'];
  }
  if (!isFresh) {
    return ['The process that keeps the redirect rules has not reported for too long.'];
  }
  return [
    ...(latest.rules.intact ? [] : ['The redirect rules are missing or were changed.']),
    ...latest.problems.filter(({ blocking }) => blocking).map(({ message }) => message),
  ];
}
