import { readdirSync, readFileSync } from 'node:fs';
import type { Program } from '../../test/node/program.ts';

/** Proportional set size of these programs and everything they started, in megabytes: pages that several share count once in all. */
export function pssMb(programs: readonly Program[]): number {
  const kilobytes = programs.flatMap(({ pid }) => family(pid)).map(pssOf);
  return kilobytes.reduce((sum, one) => sum + one, 0) / 1024;
}

function family(pid: number): readonly number[] {
  return [pid, ...childrenOf(pid).flatMap(family)];
}

function childrenOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
}

/** A child that just ended counts nothing. */
function pssOf(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
