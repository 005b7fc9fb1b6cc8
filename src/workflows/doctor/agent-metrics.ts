/**
 * The sum of a metric's samples that have the labels given, in Prometheus text format. Other labels do not
 * matter; a metric that is not there is 0.
 */
export function sumOf(text: string, name: string, labels: Readonly<Record<string, string>>): number {
  let sum = 0;
  for (const line of text.split('\n')) {
    const match = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/.exec(line);
    if (match === null || match[1] !== name) {
      continue;
    }
    const found = labelsIn(match[2] ?? '');
    const value = Number(match[3]);
    const fits = Object.entries(labels).every(([key, wanted]) => found.get(key) === wanted);
    if (fits && Number.isFinite(value)) {
      sum += value;
    }
  }
  return sum;
}

export interface Sample {
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

/** All samples of a metric, in the order of the text. */
export function samplesOf(text: string, name: string): readonly Sample[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith(name))
    .flatMap((line) => {
      const match = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/.exec(line);
      const value = Number(match?.[3]);
      return match?.[1] === name && Number.isFinite(value)
        ? [{ labels: labelsIn(match[2] ?? ''), value }]
        : [];
    });
}

/** A metric's first sample; undefined where it has none. */
export function sampleOf(text: string, name: string): number | undefined {
  const line = text.split('\n').find((each) => each.startsWith(`${name} `) || each.startsWith(`${name}{`));
  const value = Number(line?.split(' ').at(-1));
  return line === undefined || Number.isNaN(value) ? undefined : value;
}

/** The labels of a metric's first sample: what a metric that is always 1 says by them. */
export function labelsOf(text: string, name: string): ReadonlyMap<string, string> | undefined {
  for (const line of text.split('\n')) {
    const match = /^([A-Za-z_:][\w:]*)\{(.*)\}\s/.exec(line);
    if (match?.[1] === name) {
      return labelsIn(match[2] ?? '');
    }
  }
  return undefined;
}

/** Values are quoted, with backslash before quote, backslash and line break. */
function labelsIn(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, key = '', value = ''] of text.matchAll(/([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g)) {
    found.set(
      key,
      value.replace(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter)),
    );
  }
  return found;
}
