/** Whoever writes AzureIdentities, or makes pods, has as many names as they like. */
const mostKeys = 10_000;

/** Puts the entry last; the oldest makes room where there are too many. */
export function putNewest<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > mostKeys && oldest !== undefined) {
    map.delete(oldest);
  }
}
