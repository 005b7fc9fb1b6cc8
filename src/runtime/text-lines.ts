/** Where lines go: a stream, or whatever takes them. */
export interface LineDestination {
  write(line: string): unknown;
}

/**
 * Turns JSON lines into `TIME LEVEL MESSAGE key=value …`, for `--log-format=text`. Values stay JSON, so a
 * line stays a line.
 */
export function textLines(destination: LineDestination): LineDestination {
  return { write: (line) => destination.write(asText(line)) };
}

function asText(line: string): string {
  const { time, level, msg, ...facts } = JSON.parse(line) as Record<string, unknown>;
  const pairs = Object.entries(facts).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `${[time, String(level).toUpperCase(), msg, ...pairs].join(' ')}\n`;
}
