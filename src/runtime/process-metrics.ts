import { performance } from 'node:perf_hooks';
import type { Metrics } from './metrics.ts';

/** What every dashboard asks of a process, under the names that Prometheus's own clients give. */
export function processMetrics(metrics: Metrics): void {
  const plain = (name: string, help: string, read: () => number) =>
    [{ name, help }, () => [[{}, read()] as const]] as const;
  metrics.total(
    ...plain('process_cpu_seconds_total', 'Time on the CPU, user and system, in seconds', () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    }),
  );
  metrics.gauge(
    ...plain('process_resident_memory_bytes', 'Memory that the process holds, in bytes', () =>
      process.memoryUsage.rss(),
    ),
  );
  metrics.gauge(
    ...plain(
      'process_start_time_seconds',
      'When the process started, in seconds since the epoch',
      () => performance.timeOrigin / 1000,
    ),
  );
}
