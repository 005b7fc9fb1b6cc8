import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Program, startProgram } from '../node/program.ts';

/** A control group with a limit of memory, as a container of that limit has it. */
export interface MemoryLimit {
  /** Runs a program and all that it starts within the limit. The kernel kills what goes beyond it. */
  start(command: string, args: readonly string[], env: Readonly<Record<string, string>>): Program;
  /** How often the kernel killed. */
  readonly kills: number;
  /** The most it ever was, page cache included. */
  readonly peakMegabytes: number;
  remove(): void;
}

export function createMemoryLimit(megabytes: number): MemoryLimit {
  const isFirst = existsSync('/sys/fs/cgroup/memory/memory.limit_in_bytes');
  const name = `podid-test-${process.pid}-${Date.now()}`;
  const folder = join(isFirst ? '/sys/fs/cgroup/memory' : '/sys/fs/cgroup', name);
  mkdirSync(folder);
  writeFileSync(join(folder, isFirst ? 'memory.limit_in_bytes' : 'memory.max'), `${megabytes * 1024 * 1024}`);
  const read = (file: string) => readFileSync(join(folder, file), 'utf8');
  return {
    start: (command, args, env) =>
      startProgram(
        'sh',
        ['-c', 'echo $$ > "$0" && exec "$@"', join(folder, 'cgroup.procs'), command, ...args],
        env,
      ),
    get kills() {
      const text = read(isFirst ? 'memory.oom_control' : 'memory.events');
      return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
    },
    get peakMegabytes() {
      return Math.round(Number(read(isFirst ? 'memory.max_usage_in_bytes' : 'memory.peak')) / 1024 / 1024);
    },
    remove: () => rmdirSync(folder),
  };
}
