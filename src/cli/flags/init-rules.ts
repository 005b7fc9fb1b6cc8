import { managedIdentityNameRule, resourceGroupRule } from '../../validate/flags/azure-names.ts';
import {
  bindingSelectorRule,
  identityNameRule,
  namespaceRule,
} from '../../validate/flags/kubernetes-names.ts';
import { parseRoleGrants } from '../../validate/flags/role-grant.ts';
import { type Rule, UsageFaults } from '../../validate/usage-faults.ts';
import type { TypedRules } from '../../workflows/init/wizard.ts';

/** The rules of the flags, for what is typed into the wizard. */
export const initRules: TypedRules = {
  namespace: problemOf(namespaceRule),
  name: problemOf(identityNameRule),
  selector: problemOf(bindingSelectorRule),
  identityName: problemOf(managedIdentityNameRule),
  resourceGroup: problemOf(resourceGroupRule),
  grant(text) {
    const faults = new UsageFaults();
    parseRoleGrants(faults, [text]);
    return faults.any ? 'ROLE=SCOPE, such as Reader=/subscriptions/SUBSCRIPTION' : undefined;
  },
  parseGrant(text) {
    const [grant = { role: text, scope: '' }] = parseRoleGrants(new UsageFaults(), [text]);
    return grant;
  },
};

function problemOf(rule: Rule): (text: string) => string | undefined {
  return (text) => {
    const breach = rule(text);
    if (breach === undefined) {
      return undefined;
    }
    return breach.nearest
      ? `Allowed: ${breach.rule}. Nearest: ${breach.nearest}`
      : `Allowed: ${breach.rule}.`;
  };
}
