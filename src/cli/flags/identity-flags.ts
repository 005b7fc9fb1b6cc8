import type { FlagTable } from '../../flags/flag-table.ts';

/** The managed identity of an entry, in one of two ways. */
export const identityFlags = {
  identity: {
    kind: 'text',
    value: '[GROUP/]NAME',
    summary:
      "the managed identity by its name, looked up in the cluster's subscription; this or its id is needed for a new entry",
  },
  identityResourceId: {
    kind: 'text',
    value: 'ID',
    summary: 'the managed identity by its full ARM id, also of another subscription',
  },
} as const satisfies FlagTable;
