import { isMap } from './kube-object.ts';

export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isMap(patch)) {
    return patch;
  }
  const merged = new Map<string, unknown>(isMap(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) {
      merged.delete(name);
    } else {
      merged.set(name, mergePatch(merged.get(name), value));
    }
  }
  return Object.fromEntries(merged);
}
