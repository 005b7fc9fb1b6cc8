import type { FlagTable } from '../../flags/flag-table.ts';
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

/** How long trust is proved before a pod depends on it. */
export const proofFlags = {
  rounds: { ...rehearsalFlags.rounds, summary: 'how many exchanges in a row have to pass' },
  over: rehearsalFlags.over,
} as const satisfies FlagTable;
