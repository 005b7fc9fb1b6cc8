import { Histogram, type Registry } from 'prom-client';

/** Counts one value. */
export type Observe = (value: number) => void;

export interface HistogramDefinition {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds, rising. */
  readonly buckets: readonly number[];
}

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** By bucket, each value in one of them; the last is for what is beyond all bounds. */
  readonly counts: number[];
  readonly observe: Observe;
  sum: number;
}

/**
 * A histogram whose series are found by their labels once: prom-client's sorts and joins the labels of each value, and
 * the agent observes one for every token. What is scraped is made by prom-client's own.
 *
 * @returns the series of these labels
 */
export function createHistogram(
  registry: Registry,
  { name, help, labels: labelNames, buckets }: HistogramDefinition,
): (labels: Readonly<Record<string, string>>) => Observe {
  const all = new Map<string, Series>();
  const add = (key: string, labels: Series['labels']): Series => {
    const counts = new Array<number>(buckets.length + 1).fill(0);
    const series: Series = {
      labels,
      counts,
      sum: 0,
      observe(value) {
        let at = 0;
        while (at < buckets.length && value > (buckets[at] ?? 0)) {
          at += 1;
        }
        counts[at] = (counts[at] ?? 0) + 1;
        series.sum += value;
      },
    };
    all.set(key, series);
    return series;
  };
  const seriesOf = (labels: Series['labels']): Series => {
    let key = '';
    for (const label of labelNames) {
      key += `${labels[label] ?? ''}\n`;
    }
    return all.get(key) ?? add(key, labels);
  };
  if (labelNames.length === 0) {
    seriesOf({});
  }
  class Kept extends Histogram {
    /** What the registry asks of a metric, in the shape that prom-client's own has. */
    getForPromString() {
      const values = [...all.values()].flatMap((series) => valuesOf(name, buckets, series));
      return { name, help, type: 'histogram', values };
    }
  }
  new Kept({ name, help, labelNames: [...labelNames], buckets: [...buckets], registers: [registry] });
  return (labels) => seriesOf(labels).observe;
}

function valuesOf(name: string, buckets: readonly number[], { labels, counts, sum }: Series) {
  let total = 0;
  const value = (suffix: string, own: object, of: number) => ({
    metricName: `${name}_${suffix}`,
    labels: own,
    sharedLabels: labels,
    value: of,
  });
  const bounded = [...buckets, '+Inf'].map((le, at) => {
    total += counts[at] ?? 0;
    return value('bucket', { le }, total);
  });
  return [...bounded, value('sum', {}, sum), value('count', {}, total)];
}
