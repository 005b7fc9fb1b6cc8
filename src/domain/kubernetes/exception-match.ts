/**
 * Whether an exception takes a pod of its namespace, as agents decide it: one label in common is enough, the
 * key to the letter, the value without case. An exception without labels takes nobody.
 */
export function exceptionTakes(
  podLabels: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(podLabels).some(
    ([key, value]) => Object.hasOwn(labels, key) && labels[key]?.toLowerCase() === value.toLowerCase(),
  );
}
