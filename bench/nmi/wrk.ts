import type { Host } from '../../test/node/network.ts';
import { pinned } from './peers.ts';

export interface Load {
  readonly connections: number;
  readonly newConnections: boolean;
  readonly seconds: number;
  /** Path of a program for wrk that makes the requests; otherwise they are the same bytes each time. */
  readonly script?: string | undefined;
}

export interface Measured {
  readonly requests: number;
  /** Requests a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Answers other than 2xx, and sockets that failed. */
  readonly failures: number;
}

const target =
  'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net';

/** Runs wrk in a pod. */
export async function wrk(pod: Host, load: Load): Promise<Measured> {
  const { connections, newConnections, seconds, script } = load;
  const headers = ['-H', 'Metadata: true', ...(newConnections ? ['-H', 'Connection: close'] : [])];
  const args = [
    'wrk',
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '--timeout',
    '10s',
    '--latency',
    ...headers,
    ...(script === undefined ? [] : ['-s', script]),
    target,
  ];
  const [command, ...rest] = pinned.load;
  const ran = pod.start(command, [...rest, ...args]);
  await ran.ended;
  return readWrk(ran.lines.join('\n'));
}

/** @throws Error when it is no output of wrk */
export function readWrk(text: string): Measured {
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(text)?.[1];
  if (rate === undefined) {
    throw new Error(`wrk said: ${text}`);
  }
  const sockets = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text) ?? [];
  const other = /Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? 0;
  const failures = [...sockets.slice(1), other].reduce((sum: number, count) => sum + Number(count), 0);
  const requests = Number(/(\d+) requests in /.exec(text)?.[1] ?? 0);
  return { requests, rate: Number(rate), p50: percentile(text, 50), p99: percentile(text, 99), failures };
}

function percentile(text: string, which: number): number {
  const [, value = '0', unit = 'ms'] = new RegExp(`${which}%\\s+([\\d.]+)(us|ms|s)`).exec(text) ?? [];
  return Number(value) * { us: 0.001, ms: 1, s: 1000 }[unit as 'us' | 'ms' | 's'];
}
