import { parseResourceId } from '../../domain/azure/resource-id.ts';
import type { Rule } from '../usage-faults.ts';

/** A machine by its name, or by its full ARM id. @param type such as `Microsoft.Compute/virtualMachines` */
export function machineRule(type: string): Rule {
  return (text) => {
    if (/^[A-Za-z0-9](?:[\w.-]{0,62}[\w])?$/.test(text)) {
      return undefined;
    }
    const id = parseResourceId(text, type);
    if (id !== undefined && ![id.subscriptionId, id.resourceGroup, id.name].some(isUnsafe)) {
      return undefined;
    }
    return {
      rule: `a name of 1 to 64 letters, digits, "-", "_" and ".", or a full id of the form /subscriptions/SUBSCRIPTION/resourceGroups/GROUP/providers/${type}/NAME`,
    };
  };
}

/** What would mean more in a URL than itself. */
function isUnsafe(segment: string): boolean {
  return !/^[-\w().\p{L}\p{N}]+$/u.test(segment) || /^\.+$/.test(segment);
}
