import type { FlagTable } from '../../flags/flag-table.ts';

export const fileFlag = {
  file: {
    kind: 'list',
    short: 'f',
    value: 'FILE',
    required: true,
    summary:
      'YAML or JSON files of pod identities, of AzureIdentity manifests or of what az aks show prints, folders of them, or - for stdin',
  },
} as const satisfies FlagTable;

/** What makes a managed identity ready before it is put into the profile. */
export const identityExtraFlags = {
  createIdentity: { kind: 'switch', summary: 'create a managed identity that does not exist' },
  location: {
    kind: 'text',
    value: 'REGION',
    summary: 'where --create-identity creates it',
    fallback: "the cluster's",
  },
  grant: {
    kind: 'list',
    value: 'ROLE=SCOPE',
    summary: 'also give the managed identity itself this role, such as "Reader=/subscriptions/…"',
  },
} as const satisfies FlagTable;

export const pruneFlags = {
  prune: {
    kind: 'switch',
    summary: 'also delete entries that the files do not name, in each list that they contain',
  },
  keepGoing: {
    kind: 'switch',
    summary: 'skip pod identities that cannot be applied, report them, and exit with 8',
  },
} as const satisfies FlagTable;
