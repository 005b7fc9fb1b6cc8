import { badRequest } from '../kube-failure.ts';
import { isMap, type JsonMap, sameJson } from './kube-object.ts';

/** By which member items of a list are the same one, where a list is not replaced as a whole; Kubernetes' `patchMergeKey`. */
const mergeKeys: Readonly<Record<string, string>> = {
  addresses: 'type',
  conditions: 'type',
  containers: 'name',
  env: 'name',
  ephemeralContainers: 'name',
  hostAliases: 'ip',
  imagePullSecrets: 'name',
  initContainers: 'name',
  ownerReferences: 'uid',
  podIPs: 'ip',
  ports: 'containerPort',
  resourceClaims: 'name',
  secrets: 'name',
  topologySpreadConstraints: 'topologyKey',
  volumeDevices: 'devicePath',
  volumeMounts: 'mountPath',
  volumes: 'name',
};

/** Lists of scalars to which a patch adds. */
const sets: ReadonlySet<string> = new Set(['finalizers']);

const deleteFrom = '$deleteFromPrimitiveList/';
const order = '$setElementOrder/';

/**
 * A strategic merge patch, which `kubectl apply` sends for the kinds that a server has by itself.
 * @throws KubeFailure 400 for a directive that there is none of
 */
export function strategicMerge(target: unknown, patch: unknown): unknown {
  if (!isMap(patch)) {
    return patch;
  }
  const { $patch: directive, $retainKeys: retained, ...changes } = patch;
  if (directive === 'replace') {
    return changes;
  }
  if (directive !== undefined && directive !== 'merge') {
    throw badRequest(`The emulator does not take the directive $patch: ${String(directive)} here.`);
  }
  const merged = new Map<string, unknown>(isMap(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(changes)) {
    change(merged, name, value);
  }
  if (Array.isArray(retained)) {
    return Object.fromEntries([...merged].filter(([name]) => retained.includes(name)));
  }
  return Object.fromEntries(merged);
}

function change(merged: Map<string, unknown>, name: string, value: unknown): void {
  if (name.startsWith(deleteFrom) && Array.isArray(value)) {
    const field = name.slice(deleteFrom.length);
    merged.set(
      field,
      listIn(merged.get(field)).filter((item) => !value.some((gone) => sameJson(gone, item))),
    );
  } else if (name.startsWith(order)) {
    return; // Says in which order the items stand, by which nothing here decides.
  } else if (value === null || (isMap(value) && value['$patch'] === 'delete')) {
    merged.delete(name);
  } else if (Array.isArray(value)) {
    merged.set(name, mergeList(name, listIn(merged.get(name)), value));
  } else {
    merged.set(name, strategicMerge(merged.get(name), value));
  }
}

function mergeList(name: string, live: readonly unknown[], patch: readonly unknown[]): unknown[] {
  if (sets.has(name)) {
    return [...live, ...patch.filter((item) => !live.some((one) => sameJson(one, item)))];
  }
  const items = patch.filter((item): item is JsonMap => isMap(item));
  const key = keyOf(name, items);
  if (key === undefined || items.length < patch.length) {
    return [...patch];
  }
  const isReplaced = items.some((item) => item['$patch'] === 'replace' && item[key] === undefined);
  return items
    .filter((item) => item['$patch'] !== 'replace' || item[key] !== undefined)
    .reduce<unknown[]>((list, item) => mergeItem(list, item, key), isReplaced ? [] : [...live]);
}

/** A Service's ports are told apart by another member than a container's. */
function keyOf(name: string, items: readonly JsonMap[]): string | undefined {
  if (name === 'ports' && items.some((item) => item['port'] !== undefined)) {
    return 'port';
  }
  return Object.hasOwn(mergeKeys, name) ? mergeKeys[name] : undefined;
}

function mergeItem(list: readonly unknown[], item: JsonMap, key: string): unknown[] {
  const at = list.findIndex((one) => isMap(one) && one[key] === item[key]);
  if (item['$patch'] === 'delete') {
    return list.filter((_, index) => index !== at);
  }
  return at < 0 ? [...list, strategicMerge({}, item)] : list.with(at, strategicMerge(list[at], item));
}

function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
