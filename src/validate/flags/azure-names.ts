import {
  isChangedPath,
  managedClusterType,
  managedIdentityType,
  unwrapId,
} from '../../domain/azure/resource-id.ts';
import {
  isGuid,
  isResourceGroupName,
  isWrittenId,
  nearestResourceId,
} from '../../domain/azure/written-id.ts';
import type { Breach, Rule } from '../usage-faults.ts';

export const resourceGroupRule: Rule = (text) =>
  isResourceGroupName(text)
    ? undefined
    : { rule: '1 to 90 letters, digits, "-", "_", ".", "(" and ")", not ending in "."' };

export const clusterNameRule: Rule = (text) =>
  /^[A-Za-z0-9](?:[\w-]{0,61}[A-Za-z0-9])?$/.test(text)
    ? undefined
    : { rule: '1 to 63 letters, digits, "-" and "_", with a letter or digit at both ends' };

/**
 * Ids are GUIDs; everything else is taken for a display name, which may hold anything but control characters.
 */
export const subscriptionRule: Rule = (text) => {
  const nearest = wrappedSubscription(text);
  return nearest === undefined && text.trim() !== '' && text.length <= 255 && !/\p{Cc}/u.test(text)
    ? undefined
    : { rule: `an id or a display name of at most 255 characters${changedPathText(`${text}/`)}`, nearest };
};

/** The GUID in `/subscriptions/GUID`, as Terraform and Bicep have it, and in quotes and brackets. */
function wrappedSubscription(text: string): string | undefined {
  const [, guid] = /^\W*(?:subscriptions\/)?([\da-f-]{36})\W*$/i.exec(unwrapId(text)) ?? [];
  return guid !== undefined && guid !== text && isGuid(guid) ? guid : undefined;
}

export const principalIdRule: Rule = (text) => (isGuid(text) ? undefined : { rule: 'a GUID' });

/** A domain name such as contoso.onmicrosoft.com, or a GUID. */
export const tenantRule: Rule = (text) =>
  /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(text)
    ? undefined
    : { rule: 'a tenant id or a domain name' };

export const managedIdentityIdRule: Rule = (text) => resourceIdBreach(text, managedIdentityType);
export const clusterIdRule: Rule = (text) => resourceIdBreach(text, managedClusterType);

function resourceIdBreach(text: string, type: string): Breach | undefined {
  if (isWrittenId(text, type)) {
    return undefined;
  }
  const form = `a full id of the form /subscriptions/SUBSCRIPTION/resourceGroups/GROUP/providers/${type}/NAME`;
  return { rule: form + changedPathText(text), nearest: nearestResourceId(text, type) };
}

/** For the end of a rule: why a path stands before the id. */
export function changedPathText(text: string): string {
  return isChangedPath(text)
    ? '; Git Bash put its own folder before it, which MSYS_NO_PATHCONV=1 before the command turns off'
    : '';
}

/** `westeurope`, or as the portal shows it, `West Europe`. */
export const locationRule: Rule = (text) =>
  /^[A-Za-z0-9][A-Za-z0-9 ()-]{0,63}$/.test(text)
    ? undefined
    : { rule: 'the name of a region, such as westeurope' };

/** Azure's rule for names of managed identities. */
export const managedIdentityNameRule: Rule = (text) =>
  /^[A-Za-z0-9][\w-]{2,127}$/.test(text)
    ? undefined
    : { rule: '3 to 128 letters, digits, "-" and "_", with a letter or digit first' };
