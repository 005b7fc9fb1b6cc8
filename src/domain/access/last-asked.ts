import type { Reading } from '../migrate/migration-facts.ts';
import { isHeard, type SeenPod, type SeenRecord } from '../migrate/seen.ts';
import type { AccessPod } from './access-objects.ts';
import type { Way } from './access-report.ts';

/** When pods last asked an agent: by the pod itself, else by what makes it, since pods come and go. */
export class AskedIndex {
  readonly #byPod = new Map<string, string>();
  readonly #byWorkload = new Map<string, string>();

  constructor(seen: Reading<SeenRecord | undefined>, pods: readonly AccessPod[]) {
    const record = seen.kind === 'read' ? seen.value : undefined;
    const workloads = new Map(pods.map((pod) => [`${pod.namespace}/${pod.name}`, pod.workload]));
    for (const each of record?.pods ?? []) {
      const key = `${each.namespace}/${each.name}`;
      later(this.#byPod, key, each.lastAsked);
      const workload = workloads.get(key) ?? workloadOf(each);
      later(this.#byWorkload, `${each.namespace}/${workload}`, each.lastAsked);
    }
  }

  /** The day of the last request of any pod of these ways; undefined: none is known. */
  dayOf(ways: readonly Way[]): string | undefined {
    const times = ways
      .filter(({ way }) => way === 'binding' || way === 'exchange')
      .flatMap(({ podKeys, workloads, namespace }) => [
        ...podKeys.map((key) => this.#byPod.get(key) ?? ''),
        ...workloads.map((workload) => this.#byWorkload.get(`${namespace}/${workload}`) ?? ''),
      ]);
    // RFC 3339 in UTC sorts as text.
    const last = times.sort().at(-1) ?? '';
    return last === '' ? undefined : last.slice(0, 'YYYY-MM-DD'.length);
  }
}

function later(map: Map<string, string>, key: string, time: string): void {
  if (time > (map.get(key) ?? '')) {
    map.set(key, time);
  }
}

function workloadOf({ controller, name }: SeenPod): string {
  return controller === undefined ? `Pod/${name}` : workloadOfController(controller);
}

/** By what made a pod, whose name begins with that of what made it in turn: `web-6d5f7c9b8` was made by `web`. */
export function workloadOfController({
  kind,
  name,
}: {
  readonly kind: string;
  readonly name: string;
}): string {
  if (kind === 'ReplicaSet' && /-[a-z0-9]{6,10}$/.test(name)) {
    return `Deployment/${name.replace(/-[a-z0-9]+$/, '')}`;
  }
  if (kind === 'Job' && /-\d{8,}$/.test(name)) {
    return `CronJob/${name.replace(/-\d+$/, '')}`;
  }
  return `${kind}/${name}`;
}

/** Since when all agents have kept their record, RFC 3339; undefined where one of them did not say. */
export function watchedByAllSince(seen: Reading<SeenRecord | undefined>): string | undefined {
  const record = seen.kind === 'read' ? seen.value : undefined;
  return isHeard(record) && (record.unheard ?? []).length === 0 && record.since !== ''
    ? record.since
    : undefined;
}
