/** Waits until something is true, for at most a minute. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpMs = performance.now() + 60_000;
  while (!(await holds())) {
    if (performance.now() > giveUpMs) {
      throw new Error(`It did not come true within a minute: ${holds}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
