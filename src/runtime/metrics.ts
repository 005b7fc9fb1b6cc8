import { Counter, Gauge, Registry } from 'prom-client';
import { createHistogram, type Observe } from './histogram.ts';

export interface MetricDefinition<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly Label[];
}

export type LabelValues<Label extends string> = Readonly<Record<Label, string>>;

export interface ObserveWith<Label extends string> {
  (labels: LabelValues<Label>, value: number): void;
  /** For those who observe the same series again and again. */
  series(labels: LabelValues<Label>): Observe;
}

/**
 * Numbers that Prometheus reads. Label values must come from a bounded set: each combination stays in memory.
 */
export interface Metrics {
  counter<Label extends string>(
    definition: MetricDefinition<Label>,
  ): (labels: LabelValues<Label>, by?: number) => void;
  /** @param read called at each scrape; its numbers replace all earlier ones */
  gauge<Label extends string>(
    definition: MetricDefinition<Label>,
    read: () => Iterable<readonly [LabelValues<Label>, number]>,
  ): void;
  /**
   * A counter that something else keeps; its name ends in `_total`.
   * @param read called at each scrape; totals since the start of what counts, which only grow
   */
  total<Label extends string>(
    definition: MetricDefinition<Label>,
    read: () => Iterable<readonly [LabelValues<Label>, number]>,
  ): void;
  /** @param buckets upper bounds, in the unit of the metric's name */
  histogram<Label extends string>(
    definition: MetricDefinition<Label>,
    buckets: readonly number[],
  ): ObserveWith<Label>;
  text(): Promise<string>;
  readonly contentType: string;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const basics = <Label extends string>({ name, help, labels = [] }: MetricDefinition<Label>) => ({
    name,
    help,
    labelNames: labels,
    registers: [registry],
  });
  return {
    counter(definition) {
      const counter = new Counter(basics(definition));
      return (labels, by = 1) => counter.inc(labels, by);
    },
    gauge(definition, read) {
      new Gauge({
        ...basics(definition),
        collect() {
          this.reset();
          // A reset leaves 0 where there are no labels, which says another thing than nothing.
          this.remove({});
          for (const [labels, value] of read()) {
            this.set(labels, value);
          }
        },
      });
    },
    total(definition, read) {
      new Counter({
        ...basics(definition),
        collect() {
          this.reset();
          this.remove({});
          for (const [labels, value] of read()) {
            this.inc(labels, value);
          }
        },
      });
    },
    histogram({ labels = [], ...definition }, buckets) {
      const series = createHistogram(registry, { ...definition, labels, buckets });
      return Object.assign((of: Parameters<typeof series>[0], value: number) => series(of)(value), {
        series,
      });
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
