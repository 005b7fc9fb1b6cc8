import type { EntryKey } from '../entries/pod-identity.ts';
import type { RbacBinding, RbacObjects, RbacRule, RbacSubject } from './access-objects.ts';

/** What a rule is asked for. */
export interface RbacQuestion {
  /** One of them is enough. */
  readonly verbs: readonly string[];
  readonly group: string;
  /** `pods`, `serviceaccounts/token`. */
  readonly resource: string;
  /** Of one object; absent: some object, whichever. */
  readonly name?: string;
}

/** A subject with the rules that a binding gives it. */
export interface RbacGrant {
  readonly subject: RbacSubject;
  /** Undefined: in every namespace. */
  readonly namespace: string | undefined;
  readonly rules: readonly RbacRule[];
  /** `RoleBinding demo/editors`. */
  readonly via: string;
  /** `ClusterRole edit`, `Role demo/reader`. */
  readonly role: string;
}

/**
 * All that bindings give. Subjects that are Kubernetes' own parts are left out: whoever runs as one of them is the control
 * plane. What a binding is called says nothing: anybody may call theirs `system:…`.
 */
export function grantsOf({ roles, bindings }: RbacObjects): readonly RbacGrant[] {
  const byKey = new Map(roles.map((role) => [roleKey(role), role.rules]));
  return bindings.flatMap((binding) => {
    const { namespace, name, roleKind, roleName, subjects } = binding;
    const inNamespace = roleKind === 'Role' && namespace !== undefined ? { namespace } : {};
    const rules = byKey.get(roleKey({ ...inNamespace, name: roleName })) ?? [];
    const via = namespace === undefined ? `ClusterRoleBinding ${name}` : `RoleBinding ${namespace}/${name}`;
    const role = roleKind === 'Role' ? `Role ${namespace ?? ''}/${roleName}` : `ClusterRole ${roleName}`;
    return subjects
      .filter((subject) => isOther(subject, binding))
      .map((subject) => ({ subject, namespace, rules, via, role }));
  });
}

function roleKey({ namespace, name }: { readonly namespace?: string; readonly name: string }): string {
  return `${namespace ?? ''}/${name}`;
}

function isOther({ kind, namespace, name }: RbacSubject, { roleKind, roleName }: RbacBinding): boolean {
  return kind === 'ServiceAccount'
    ? !(namespace === 'kube-system' && roleKind === 'ClusterRole' && roleName === `system:controller:${name}`)
    : !ofKubernetes.test(name);
}

const ofKubernetes =
  /^system:(?!masters$|serviceaccounts?:|serviceaccounts$|(?:un)?authenticated$|anonymous$)/;
const accountGroup = /^system:serviceaccounts(?::(.+))?$/;

/** Whether one of the rules allows it, by Kubernetes' own wildcards. */
export function allows(rules: readonly RbacRule[], question: RbacQuestion): boolean {
  return rules.some((rule) => allowsOne(rule, question));
}

function allowsOne(rule: RbacRule, { verbs, group, resource, name }: RbacQuestion): boolean {
  return (
    rule.verbs.some((verb) => verb === '*' || verbs.includes(verb)) &&
    rule.apiGroups.some((each) => each === '*' || each === group) &&
    rule.resources.some((each) => covers(each, resource)) &&
    (rule.resourceNames.length === 0 || name === undefined || rule.resourceNames.includes(name))
  );
}

/** `*` is everything, and `*` before a slash the subresource of whatever. */
function covers(pattern: string, resource: string): boolean {
  const [, sub] = resource.split('/');
  return pattern === '*' || pattern === resource || (sub !== undefined && pattern === `*/${sub}`);
}

/** Which service accounts a subject is: of a group of them all that it holds. */
export function isAccount(subject: RbacSubject, account: EntryKey): boolean {
  if (subject.kind === 'ServiceAccount') {
    return subject.namespace === account.namespace && subject.name === account.name;
  }
  if (subject.kind === 'User') {
    return subject.name === `system:serviceaccount:${account.namespace}:${account.name}`;
  }
  const within = accountsOfGroup(subject);
  return within === '' || within === account.namespace;
}

/** The namespace whose service accounts are in a group, '' for those of all; undefined: the group is none of accounts. */
export function accountsOfGroup({ kind, name }: RbacSubject): string | undefined {
  if (kind !== 'Group') {
    return undefined;
  }
  const group = accountGroup.exec(name);
  return name === 'system:authenticated' ? '' : group === null ? undefined : (group[1] ?? '');
}

/** Whether pods can be it: a service account, or a group that service accounts are in. */
export function isOfPods(subject: RbacSubject): boolean {
  return (
    subject.kind === 'ServiceAccount' ||
    accountsOfGroup(subject) !== undefined ||
    (subject.kind === 'User' && subject.name.startsWith('system:serviceaccount:'))
  );
}

/** `ServiceAccount demo/web`, `Group developers`. */
export function subjectText({ kind, namespace, name }: RbacSubject): string {
  return `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}
