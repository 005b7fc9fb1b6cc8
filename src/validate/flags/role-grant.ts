import { unwrapId } from '../../domain/azure/resource-id.ts';
import { isGuid } from '../../domain/azure/written-id.ts';
import { quoted, type Rule, type UsageFaults } from '../usage-faults.ts';
import { changedPathText } from './azure-names.ts';

const flag = '--grant';

/** A role by name or GUID, and the scope it is wanted on. */
export interface RoleAtScope {
  readonly role: string;
  readonly scope: string;
}

/** `ROLE=SCOPE` each. A role's name may hold `=`; the scope begins at the first `=/`, or at the first `=` before what an
 * id may be wrapped in. */
export function parseRoleGrants(faults: UsageFaults, texts: readonly string[]): readonly RoleAtScope[] {
  const grants = texts.map((text): RoleAtScope => {
    const at = text.search(/=\s*["']?(?:\/|https?:\/\/|[a-z]:[\\/])/i);
    if (at < 1) {
      faults.add(
        flag,
        `${flag}: ${quoted(text)} is not of the form ROLE=SCOPE, such as "Reader=/subscriptions/…".`,
      );
      return { role: text, scope: '' };
    }
    const role = text.slice(0, at).trim();
    const scope = text.slice(at + 1);
    faults.check(flag, role, 'a role', roleRule);
    faults.check(flag, scope, 'a scope', scopeRule);
    return { role, scope };
  });
  const keys = grants.map(({ role, scope }) => `${role}=${scope}`.toLowerCase());
  for (const [index, key] of keys.entries()) {
    if (keys.indexOf(key) < index) {
      faults.add(flag, `${flag}: ${quoted(texts[index] ?? '')} is given twice.`);
    }
  }
  return grants;
}

/** Of a management group. */
const noGuidNeeded = '00000000-0000-0000-0000-000000000000';

const roleRule: Rule = (text) =>
  text !== '' && text.length <= 512 && !/\p{Cc}/u.test(text)
    ? undefined
    : { rule: 'the name of a role or its GUID' };

/**
 * A subscription, something in it, or a management group; the characters that would end a path must not get
 * into one.
 */
const scopeRule: Rule = (text) =>
  isGuid(/^\/subscriptions\/([^/]*)/i.exec(text)?.[1] ?? noGuidNeeded) &&
  /^\/(?:subscriptions\/[^/\s?#%]+|providers\/Microsoft\.Management\/managementGroups\/[^/\s?#%]+)(?:\/[^/\s?#%]+)*$/i.test(
    text,
  )
    ? undefined
    : {
        rule:
          'a full id such as /subscriptions/SUBSCRIPTION/resourceGroups/GROUP, with the GUID of the subscription and without a slash at the end' +
          changedPathText(text),
        nearest: nearestScope(text),
      };

function nearestScope(text: string): string | undefined {
  const trimmed = unwrapId(text).replace(/\/+$/, '');
  return trimmed !== text && scopeRule(trimmed) === undefined ? trimmed : undefined;
}
