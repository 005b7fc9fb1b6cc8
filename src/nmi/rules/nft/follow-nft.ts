import { type ChildProcess, spawn } from 'node:child_process';
import type { FollowedRules } from '../rules-backend.ts';

/** A table as nft names it. */
export interface FollowedTable {
  readonly family: string;
  readonly name: string;
}

/**
 * Runs `nft monitor` and reports each change to the tables within milliseconds. Who calls reads the tables after that. A
 * monitor that ends is started again, and since something may have happened in between, `onChange` is called then.
 */
export function followNft(
  tables: readonly FollowedTable[],
  signal: AbortSignal,
  onChange: () => void,
): FollowedRules {
  let liveFromMs = Number.POSITIVE_INFINITY;
  const followed = {
    get isLive() {
      return performance.now() >= liveFromMs;
    },
  };
  if (signal.aborted) {
    return followed;
  }
  const names = tables.map(({ family, name }) => `\\b${family} ${name}\\b`);
  const ours = new RegExp([...names, 'lost some netlink events'].join('|'), 'i');
  // Ends the monitor that runs, or the pause before the next.
  let stop: () => void = () => undefined;
  const start = (isRestart: boolean) => {
    const monitor = startMonitor(ours, onChange);
    stop = () => void monitor.kill('SIGKILL');
    monitor.once('spawn', () => {
      liveFromMs = performance.now() + subscribedMs;
      if (isRestart) {
        onChange();
      }
    });
    monitor.once('close', () => {
      liveFromMs = Number.POSITIVE_INFINITY;
      if (!signal.aborted) {
        const again = setTimeout(start, restartMs, true);
        stop = () => clearTimeout(again);
      }
    });
  };
  // One listener for all monitors: one for each would pile up on a signal that lives as long as the agent.
  signal.addEventListener('abort', () => stop(), { once: true });
  start(false);
  return followed;
}

function startMonitor(ours: RegExp, onChange: () => void): ChildProcess {
  const monitor = spawn('nft', ['monitor'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const read = lineReader((line) => {
    if (ours.test(line)) {
      onChange();
    }
  });
  monitor.stdout.setEncoding('utf8').on('data', read);
  monitor.stderr.setEncoding('utf8').on('data', read);
  monitor.on('error', () => undefined);
  return monitor;
}

const restartMs = 1000;
/** A monitor that was started hears the kernel some milliseconds later; on a busy node, hundreds. */
const subscribedMs = 2000;
/** A line longer than this is some other table's set with thousands of elements. */
const longestLine = 65_536;

function lineReader(onLine: (line: string) => void): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = (lines.pop() ?? '').slice(0, longestLine);
    lines.forEach(onLine);
  };
}
