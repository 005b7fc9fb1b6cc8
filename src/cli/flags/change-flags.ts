import type { FlagTable } from '../../flags/flag-table.ts';
import { clusterFlags, kubeFlags, rawClusterFlag, waitFlags } from './cluster-flags.ts';

export const dryRunFlags = {
  dryRun: { kind: 'switch', summary: 'read, check and print the changes, and send none' },
  exitCode: { kind: 'switch', summary: 'with --dry-run: exit with 9 when there is something to do' },
} as const satisfies FlagTable;

/** Flags of whatever changes the cluster's profile in Azure. */
export const changeFlags = {
  ...clusterFlags,
  aksCustomHeaders: {
    kind: 'list',
    value: 'K=V,…',
    summary: "extra headers for the cluster's PUT request, and for no other request",
  },
  ...dryRunFlags,
  noWait: { kind: 'switch', summary: 'return once Azure has accepted the change' },
  ...waitFlags,
  noMirror: { kind: 'switch', summary: "leave the cluster's own objects to AKS" },
  requireMirror: {
    kind: 'switch',
    summary: 'fail when objects in the cluster cannot be written',
  },
  ...kubeFlags,
  ...rawClusterFlag,
} as const satisfies FlagTable;

export const yesFlag = {
  yes: { kind: 'switch', short: 'y', summary: 'ask nothing' },
} as const satisfies FlagTable;

export const roleFlag = {
  skipRoleAssignment: {
    kind: 'switch',
    summary: "neither check nor assign the cluster's role on the identity",
  },
} as const satisfies FlagTable;
