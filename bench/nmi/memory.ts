import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Program } from '../../test/node/program.ts';

export interface Memory {
  /**
   * Proportional set size: pages that several processes share count once in all. Other Node processes on the
   * machine make it smaller.
   */
  readonly pssMb: number;
  /** The part of it that is no file's, and so nobody else's. */
  readonly anonymousMb: number;
}

/** Memory of these programs and everything they started. */
export function memoryOf(programs: readonly Program[]): Memory {
  const all = programs.flatMap(({ pid }) => family(pid)).map(rollup);
  const sum = (field: string) =>
    all.reduce(
      (kilobytes, text) =>
        kilobytes + Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0),
      0,
    ) / 1024;
  return { pssMb: sum('Pss'), anonymousMb: sum('Pss_Anon') };
}

/** Begins anew what `peakMbOf` measures. */
export function forgetPeak(programs: readonly Program[]): void {
  for (const pid of programs.flatMap(({ pid }) => family(pid))) {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  }
}

/** The most that the largest of these processes had of the memory at a time. */
export function peakMbOf(programs: readonly Program[]): number {
  const peaks = programs
    .flatMap(({ pid }) => family(pid))
    .map((pid) => /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  return Math.max(...peaks.map(Number)) / 1024;
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
function rollup(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  } catch {
    return '';
  }
}
