import { identityApi } from '../../../domain/kubernetes/identity-resources.ts';
import type { WatchedKind } from '../../../domain/kubernetes/object-limits.ts';
import type { Clock } from '../../../domain/time/clock.ts';
import { limitTime } from '../../../domain/time/time-limit.ts';
import { type ApiConnection, ApiFailure } from '../../../k8s/client/api-connection.ts';
import { isRecord, recordsAt } from '../../../validate/json-record.ts';

/** Whether the cluster defines a kind, and will go on to. */
export interface KindPresence {
  /**
   * False while its definition goes or is gone. Where the API server does not say, asked again and again, the kind is
   * there: then a deletion counts.
   */
  isThere(kind: WatchedKind, signal: AbortSignal): Promise<boolean>;
}

export interface KindPresenceOptions {
  readonly connection: Pick<ApiConnection, 'getJson'>;
  readonly clock: Pick<Clock, 'sleep'>;
}

/** Deletions of one moment are asked about together. */
const gatherMs = 20;
/** Another server of the same API may learn of the end of a definition a little later. */
const againMs = 250;
const answerMs = 2_000;
/** A server that Azure updates along with the add-on may be slow to answer; twelve seconds in all. */
const mostTries = 5;

/**
 * By discovery, which every account may read. A definition that is being deleted is listed without the verb `create`
 * before the first of its objects goes (apiextensions-apiserver, customresource_discovery_controller).
 */
export function createKindPresence({ connection, clock }: KindPresenceOptions): KindPresence {
  const path = `/apis/${identityApi.group}/${identityApi.version}`;
  let gathering: Promise<ReadonlySet<string> | undefined> | undefined;
  const ask = async (signal: AbortSignal): Promise<ReadonlySet<string> | undefined> => {
    try {
      return creatable(
        await limitTime({ clock, ms: answerMs }, signal, (inTime) => connection.getJson(path, inTime)),
      );
    } catch (error) {
      return error instanceof ApiFailure && error.status === 404 ? new Set() : undefined;
    }
  };
  const gather = async (signal: AbortSignal) => {
    await clock.sleep(gatherMs, signal);
    gathering = undefined;
    return await ask(signal);
  };
  return {
    async isThere(kind, signal) {
      gathering ??= gather(signal);
      const first = await gathering;
      if (first?.has(kind) === false) {
        return false;
      }
      for (let tries = 0; tries < mostTries; tries += 1) {
        await clock.sleep(againMs, signal);
        const again = await ask(signal);
        if (again !== undefined) {
          return again.has(kind);
        }
      }
      return true;
    },
  };
}

/** Names of the kinds of which objects can be made. */
function creatable(json: unknown): ReadonlySet<string> | undefined {
  if (!isRecord(json) || !Array.isArray(json['resources'])) {
    return undefined;
  }
  return new Set(
    recordsAt(json, 'resources').flatMap(({ name, verbs }) =>
      typeof name === 'string' && Array.isArray(verbs) && verbs.includes('create') ? [name] : [],
    ),
  );
}
