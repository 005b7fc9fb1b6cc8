import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Program } from '../../test/node/program.ts';

/** What was started; a `Program` is one. */
export type Started = Pick<Program, 'pid'>;

export interface Memory {
  /**
   * Proportional set size: pages that several processes share count once in all. Processes of the same program
   * elsewhere on the machine make it smaller, so the agents that are measured have a Node of their own.
   */
  readonly pssMb: number;
  /** The part of it that is no file's, and so nobody else's. */
  readonly anonymousMb: number;
}

/** Memory of these programs and everything they started. */
export function memoryOf(programs: readonly Started[]): Memory {
  const all = programs.flatMap(({ pid }) => family(pid)).map((pid) => textOf(`/proc/${pid}/smaps_rollup`));
  const sum = (field: string) =>
    all.reduce(
      (kilobytes, text) =>
        kilobytes + Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0),
      0,
    ) / 1024;
  return { pssMb: sum('Pss'), anonymousMb: sum('Pss_Anon') };
}

/** Of the kernel's clock in /proc, in every Linux that Node runs on: USER_HZ. */
const microsecondsATick = 10_000;

/**
 * Microseconds of processor time, in user mode and in the kernel, that these programs took so far, with everything
 * they started, also what has ended since.
 */
export function cpuMicrosecondsOf(programs: readonly Started[]): number {
  return programs
    .flatMap(({ pid }) => family(pid))
    .map((pid) => ticksIn(textOf(`/proc/${pid}/stat`)) * microsecondsATick)
    .reduce((sum, one) => sum + one, 0);
}

/** utime, stime, cutime and cstime of proc(5); the name before them may hold spaces and brackets. */
function ticksIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
}

/** Begins anew what `peakMbOf` measures. */
export function forgetPeak(programs: readonly Started[]): void {
  for (const pid of programs.flatMap(({ pid }) => family(pid))) {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  }
}

/** The most that the largest of these processes had of the memory at a time. */
export function peakMbOf(programs: readonly Started[]): number {
  const peaks = programs
    .flatMap(({ pid }) => family(pid))
    .map((pid) => /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  return Math.max(...peaks.map(Number)) / 1024;
}

function family(pid: number): readonly number[] {
  return [pid, ...childrenOf(pid).flatMap(family)];
}

function childrenOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      textOf(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

/** A child that just ended counts nothing. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
