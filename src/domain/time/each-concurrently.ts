/**
 * Runs `work` for each item, so many at a time, and gives the results in the items' order. After the first
 * failure nothing new is begun, and what runs is waited for: no write goes on behind the caller's back.
 *
 * @param atOnce eight: ARM throttles a caller that has many more requests under way
 * @throws the failure that came first
 */
export async function eachConcurrently<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
  atOnce = 8,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  const waiting = items.entries();
  const failures: unknown[] = [];
  const worker = async () => {
    for (const [index, item] of waiting) {
      try {
        results[index] = await work(item);
      } catch (error) {
        failures.push(error);
      }
      if (failures.length > 0) {
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  if (failures.length > 0) {
    throw failures[0];
  }
  return results;
}

/** The first result, in the items' order, that is not undefined. */
export async function findConcurrently<Item, Result>(
  items: readonly Item[],
  look: (item: Item) => Promise<Result | undefined>,
): Promise<Result | undefined> {
  const found = await eachConcurrently(items, look);
  return found.find((result) => result !== undefined);
}
