import type { FlagTable } from '../../flags/flag-table.ts';
import type { UsageFaults } from '../../validate/usage-faults.ts';
import { viaFlag } from './cluster-flags.ts';

/** Of commands about entries that only read. */
export const modeFlag = {
  mode: {
    kind: 'text',
    value: 'MODE',
    choices: ['addon', 'cluster'],
    summary: "where the entries live: in the add-on's profile, or as objects in a cluster without the add-on",
    variable: 'PODID_MODE',
    fallback: 'addon',
  },
  ...viaFlag,
} as const satisfies FlagTable;

/** Of commands that change entries. */
export const modeFlags = {
  ...modeFlag,
  force: { kind: 'switch', summary: 'take over objects in the cluster that others wrote' },
} as const satisfies FlagTable;

/** What a command may have been given; a switch that is off counts as not given. */
export type GivenFlags = Readonly<Record<string, unknown>>;

export function inClusterMode(flags: { readonly mode?: string | undefined }): boolean {
  return flags.mode === 'cluster';
}

const writesObjects = 'there the objects are the source of truth, and writing them is the whole change';
const noPut = 'there no PUT of the cluster is sent';

/** Flags that mean something to ARM's profile alone, with the reason why. */
const addonOnly: Readonly<Record<string, readonly [flag: string, reason: string]>> = {
  aksCustomHeaders: ['--aks-custom-headers', noPut],
  rawCluster: ['--raw-cluster', "az's shape of the cluster does not hold the entries there"],
  noMirror: ['--no-mirror', writesObjects],
  requireMirror: ['--require-mirror', writesObjects],
  noWait: ['--no-wait', 'there the objects are written once the nodes have the identity'],
  skipRoleAssignment: [
    '--skip-role-assignment',
    'there the cluster needs no role: you put the identities on its nodes',
  ],
  drift: ['--drift', 'there the objects are the entries, and Azure has none to compare them with'],
  revokeRole: ['--revoke-role', 'there the cluster has no role on the identity'],
};

/** Faults of the flags that the chosen mode has no use for. */
export function checkModeFlags(flags: GivenFlags, faults: UsageFaults): void {
  if (!inClusterMode(flags)) {
    return;
  }
  for (const [key, [flag, reason]] of Object.entries(addonOnly)) {
    if (isGiven(flags[key])) {
      faults.add(flag, `${flag} cannot be used in mode cluster: ${reason}.`);
    }
  }
}

function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
}

interface ReadingFlags {
  readonly mode: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly via: string | undefined;
  readonly publicFqdn: boolean;
}

/**
 * What a command needs that reads entries: the cluster's own API is reached in mode cluster alone, and
 * there Azure is not needed.
 */
export function readingNeeds(
  { faults }: { readonly faults: UsageFaults },
  flags: ReadingFlags,
): { readonly kube: boolean; readonly azureOptional: boolean } {
  if (inClusterMode(flags)) {
    return { kube: true, azureOptional: true };
  }
  for (const [flag, value] of Object.entries({
    '--kubeconfig': flags.kubeconfig,
    '--context': flags.context,
    '--via': flags.via,
    '--public-fqdn': flags.publicFqdn || undefined,
  })) {
    if (value !== undefined) {
      faults.add(flag, `${flag} needs --mode cluster: the add-on's entries are read from Azure.`);
    }
  }
  return { kube: false, azureOptional: false };
}
