import type { FlagValues } from '../../flags/flag-table.ts';
import { locationRule } from '../../validate/flags/azure-names.ts';
import { parseRoleGrants } from '../../validate/flags/role-grant.ts';
import type { UsageFaults } from '../../validate/usage-faults.ts';
import type { IdentityExtras } from '../../workflows/change/prepare-change.ts';
import type { identityExtraFlags } from './file-flags.ts';

/** `--create-identity`, `--location` and `--grant`. */
export function identityExtras(
  flags: FlagValues<typeof identityExtraFlags>,
  faults: UsageFaults,
): IdentityExtras {
  const { createIdentity, location } = flags;
  if (location !== undefined) {
    faults.check('--location', location, 'a region of Azure', locationRule);
    if (!createIdentity) {
      faults.add('--location', '--location goes with --create-identity alone.');
    }
  }
  return {
    ...(createIdentity ? { creation: location === undefined ? {} : { location } } : {}),
    grants: parseRoleGrants(faults, flags.grant ?? []),
  };
}
