import { lockMs, trustedSkewMs } from '../../domain/standard-mode/controller.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { type ApiConnection, ApiFailure } from '../../k8s/client/api-connection.ts';
import { parseElectionRecord } from '../../validate/kubernetes/controller.ts';
import type { LeasePlace } from './lease-api.ts';

/** Whether upstream's own MIC leads: two controllers on one machine would undo each other's work. */
export interface UpstreamLock {
  /**
   * Who holds it; undefined while nobody does. Where the lock cannot be read for want of a right, nobody is
   * taken for its holder. @throws Node's errors while the API server is away, and the signal's reason
   */
  holder(signal: AbortSignal): Promise<string | undefined>;
}

/** @param places where upstream may keep its lock: its flags decide, `default` unless they say otherwise */
export function createUpstreamLock(
  connection: Pick<ApiConnection, 'getJson'>,
  places: readonly LeasePlace[],
  clock: Clock,
): UpstreamLock {
  const seen = new Map<string, { text: string; sinceMs: number }>();
  const holderAt = async (
    { namespace, name }: LeasePlace,
    signal: AbortSignal,
  ): Promise<string | undefined> => {
    const path = `/api/v1/namespaces/${namespace}/endpoints/${name}`;
    const record = parseElectionRecord(await connection.getJson(path, signal).catch(unlessUnreadable));
    if (record === undefined || record.holder === '') {
      return undefined;
    }
    const text = `${record.holder} ${record.renewTime}`;
    const before = seen.get(path);
    if (before?.text !== text) {
      // At first sight its own time has to do: a lock of last year is nobody's.
      const ageMs = clock.now() - Date.parse(record.renewTime);
      const isOld = before === undefined && !(ageMs < lockMs(record) + trustedSkewMs);
      seen.set(path, { text, sinceMs: isOld ? Number.NEGATIVE_INFINITY : clock.monotonic() });
    }
    const sinceMs = seen.get(path)?.sinceMs ?? 0;
    const isFresh = clock.monotonic() - sinceMs < lockMs(record);
    return isFresh ? `${record.holder} (endpoints ${namespace}/${name})` : undefined;
  };
  return {
    async holder(signal) {
      const holders = await Promise.all(places.map((place) => holderAt(place, signal)));
      return holders.find((each) => each !== undefined);
    },
  };
}

function unlessUnreadable(error: unknown): undefined {
  if (error instanceof ApiFailure && (error.status === 404 || error.status === 403)) {
    return undefined;
  }
  throw error;
}
