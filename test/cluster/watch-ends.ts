import { readFileSync } from 'node:fs';
import type { OneNode } from './one-node.ts';

export interface WatchedEnds {
  /** When each of the programs ended that have ended, in ms since the epoch, a moment late. */
  stop(): readonly number[];
}

/** Looks which programs of the node come and go; `command` is looked for in what they were started with. */
export function watchEnds(cluster: OneNode, command: RegExp): WatchedEnds {
  const ends: number[] = [];
  let alive = new Set<number>();
  const timer = setInterval(() => {
    const now = new Set(cluster.processesOnNode().filter((pid) => command.test(commandOf(pid))));
    for (const pid of alive) {
      if (!now.has(pid)) {
        ends.push(Date.now());
      }
    }
    alive = now;
  }, 50);
  return {
    stop() {
      clearInterval(timer);
      return ends;
    },
  };
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
