import { podidCommand } from '../../domain/hints/next-command.ts';
import type { Command } from '../../errors/hint.ts';
import type { FlagTable, FlagValues } from '../../flags/flag-table.ts';
import { durationOf } from '../../validate/flags/duration.ts';
import type { UsageFaults } from '../../validate/usage-faults.ts';
import type { Batches } from '../../workflows/migrate/apply/batches.ts';
import { rehearsalFlags } from '../flags/exchange-flags.ts';

/** Which workloads a command about a migration is for. */
export const workloadFlags = {
  namespace: {
    kind: 'text',
    value: 'NAMESPACE',
    summary: 'only workloads of this namespace',
    fallback: 'all',
  },
  workload: {
    kind: 'list',
    value: 'KIND/NAME',
    summary: 'only these workloads: deployment/web cronjob/nightly',
    fallback: 'all',
  },
} as const satisfies FlagTable;

/** Writes the file that `apply` and `status` read. */
export function planMigrationInto(out: string): Command {
  return podidCommand(['migrate', 'plan'], { out });
}

/** How long trust is proved before a pod depends on it. */
export const proofFlags = {
  rounds: { ...rehearsalFlags.rounds, summary: 'how many exchanges in a row have to pass' },
  over: rehearsalFlags.over,
} as const satisfies FlagTable;

/** How many workloads get new pods at once. */
export const batchFlags = {
  batch: {
    kind: 'integer',
    value: 'N',
    least: 1,
    most: 1000,
    default: 5,
    summary: 'how many workloads get new pods at a time',
  },
  pause: {
    kind: 'text',
    value: 'DURATION',
    summary: 'how long to wait between two batches',
    fallback: 'none',
  },
} as const satisfies FlagTable;

/** Faults go to the next `checkUsage`. */
export function batchesOf({ batch, pause }: FlagValues<typeof batchFlags>, faults: UsageFaults): Batches {
  return { size: batch, pauseMs: durationOf(faults, '--pause', pause, 0) };
}
