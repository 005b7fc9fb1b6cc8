/** Requests of one kind that a command has under way at once; ARM throttles a caller that sends many more. */
const atOnce = 8;

/**
 * Runs `work` for each item, eight at a time, and gives the results in the items' order. The first failure
 * ends it.
 */
export async function eachConcurrently<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < items.length; index = next++) {
      results[index] = await work(items[index] as Item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
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
