import type { IdentityReference } from '../../domain/azure/identity-reference.ts';
import { managedIdentityType, parseResourceId } from '../../domain/azure/resource-id.ts';
import { quoted, type UsageFaults } from '../usage-faults.ts';
import { managedIdentityIdRule, managedIdentityNameRule, resourceGroupRule } from './azure-names.ts';

export interface IdentityFlags {
  /** `NAME` or `GROUP/NAME`. */
  readonly identity?: string | undefined;
  readonly identityResourceId: string | undefined;
}

/** Which managed identity the flags mean; undefined: none, or there is a fault. */
export function identityReference(flags: IdentityFlags, faults: UsageFaults): IdentityReference | undefined {
  const { identity, identityResourceId: resourceId } = flags;
  if (identity !== undefined && resourceId !== undefined) {
    faults.add(
      '--identity',
      '--identity and --identity-resource-id both name the managed identity; give one of them.',
    );
    return undefined;
  }
  if (resourceId !== undefined) {
    faults.check('--identity-resource-id', resourceId, 'the id of a managed identity', managedIdentityIdRule);
    return { kind: 'id', resourceId, name: parseResourceId(resourceId, managedIdentityType)?.name };
  }
  return identity === undefined ? undefined : byName(identity, faults);
}

/** The fault of flags that name no managed identity, where an entry cannot be without one. */
export function checkIdentityNamed(flags: IdentityFlags, faults: UsageFaults): void {
  if (flags.identity === undefined && flags.identityResourceId === undefined) {
    faults.missing(
      '--identity',
      'the name of the managed identity, or its full id by --identity-resource-id',
    );
  }
}

function byName(text: string, faults: UsageFaults): IdentityReference | undefined {
  const flag = '--identity';
  if (managedIdentityIdRule(text) === undefined) {
    faults.add(flag, `${flag}: ${quoted(text)} is an id; give it as --identity-resource-id.`);
    return undefined;
  }
  const words = text.split('/');
  if (words.length > 2) {
    faults.add(flag, `${flag}: ${quoted(text)} is not NAME or GROUP/NAME, such as web or demo-rg/web.`);
    return undefined;
  }
  const [name = '', resourceGroup] = words.toReversed();
  faults.check(flag, name, 'the name of a managed identity', managedIdentityNameRule);
  if (resourceGroup !== undefined) {
    faults.check(flag, resourceGroup, 'a resource group', resourceGroupRule);
  }
  return { kind: 'name', name, ...(resourceGroup === undefined ? {} : { resourceGroup }) };
}
