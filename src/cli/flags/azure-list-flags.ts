import type { FlagTable } from '../../flags/flag-table.ts';
import { clusterFlags } from './cluster-flags.ts';

/** Of what lists a subscription: a group narrows the list, and none is taken from the environment. */
export const listFlags = {
  resourceGroup: {
    kind: 'text',
    short: 'g',
    value: 'NAME',
    summary: 'only those of this resource group',
    fallback: 'all of the subscription',
  },
  subscription: { ...clusterFlags.subscription, summary: 'the subscription' },
} as const satisfies FlagTable;
