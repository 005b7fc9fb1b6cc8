import { parseResourceId } from '../../domain/azure/resource-id.ts';
import { nearestResourceId } from '../../domain/azure/written-id.ts';
import type { Rule } from '../usage-faults.ts';
import { changedPathText } from './azure-names.ts';

/** A machine by its name, or by its full ARM id. @param type such as `Microsoft.Compute/virtualMachines` */
export function machineRule(type: string): Rule {
  return (text) => {
    if (/^[A-Za-z0-9](?:[\w.-]{0,62}[\w])?$/.test(text)) {
      return undefined;
    }
    if (isSafeId(text, type)) {
      return undefined;
    }
    const nearest = nearestResourceId(text, type);
    return {
      rule: `a name of 1 to 64 letters, digits, "-", "_" and ".", or a full id of the form /subscriptions/SUBSCRIPTION/resourceGroups/GROUP/providers/${type}/NAME${changedPathText(text)}`,
      nearest: nearest !== undefined && isSafeId(nearest, type) ? nearest : undefined,
    };
  };
}

function isSafeId(text: string, type: string): boolean {
  const id = parseResourceId(text, type);
  return id !== undefined && ![id.subscriptionId, id.resourceGroup, id.name].some(isUnsafe);
}

/** What would mean more in a URL than itself. */
function isUnsafe(segment: string): boolean {
  return !/^[-\w().\p{L}\p{N}]+$/u.test(segment) || /^\.+$/.test(segment);
}
