/** A figure of this run, in the output of the tests: they hold no threshold for it. */
export function measured(what: string, figure: string): void {
  process.stdout.write(`measured: ${what}: ${figure}\n`);
}
