import { type EntryKey, entryText } from '../entries/pod-identity.ts';
import type { KubeObject } from '../kubernetes/kube-object.ts';
import { admissionApi, type GuardedAgent, nodeTokensGuard, ownPodsGuard } from './exchange-guard.ts';

const rbac = 'rbac.authorization.k8s.io';

/** Marks the roles that `podid exchange` makes, so that it finds them all again. */
export const exchangeRolesLabel = 'podid.io/exchange-of';

/** The right to make tokens of accounts: by the agent's own account, or as its own node. */
export type TokenRight = 'own' | 'node';

/** A rule of RBAC. */
export interface RbacRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** What the agent's ClusterRole needs beside its usual rules: to see that it is confined, and to act as its own node. */
export function guardRules(agent: GuardedAgent, nodes: boolean): readonly RbacRule[] {
  const guards = [ownPodsGuard(agent), ...(nodes ? [nodeTokensGuard(agent)] : [])];
  return [
    {
      apiGroups: [admissionApi],
      resources: ['validatingadmissionpolicies', 'validatingadmissionpolicybindings'],
      resourceNames: guards.map(({ name }) => name),
      verbs: ['get'],
    },
    ...(nodes
      ? [
          {
            apiGroups: ['authentication.k8s.io'],
            resources: ['nodes'],
            verbs: ['impersonate:associated-node'],
          },
          // A node is shown its own pods alone.
          {
            apiGroups: [''],
            resources: ['pods'],
            verbs: ['impersonate-on:associated-node:list', 'impersonate-on:associated-node:watch'],
          },
        ]
      : []),
  ];
}

/** The name of its roles in every namespace. */
export function exchangeRoleName({ namespace, name }: EntryKey): string {
  return `${namespace}-${name}-exchange`;
}

/** By `exchangeRolesLabel`: whose roles they are. A label's value has no slash. */
export function exchangeRolesOf({ namespace, name }: EntryKey): string {
  return `${namespace}.${name}`.slice(0, 63);
}

/** The namespace of the account. @param of as `exchangeRolesOf` writes it */
export function exchangeRolesHome(of: string): string {
  return of.split('.', 1)[0] ?? '';
}

/**
 * The roles of one namespace, by which the agent makes tokens of these accounts and of no others.
 *
 * @param accounts names, at least one
 */
export function exchangeRoles(
  { account, audience }: GuardedAgent,
  namespace: string,
  accounts: readonly string[],
  right: TokenRight,
): readonly KubeObject[] {
  const resourceNames = [...new Set(accounts)].sort();
  const name = exchangeRoleName(account);
  const labels = {
    'app.kubernetes.io/managed-by': 'podid',
    [exchangeRolesLabel]: exchangeRolesOf(account),
  };
  const pair = (named: string, rule: RbacRule, subject: object): KubeObject[] => [
    {
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata: { name: named, namespace, labels },
      rules: [rule],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: { name: named, namespace, labels },
      roleRef: { apiGroup: rbac, kind: 'Role', name: named },
      subjects: [subject],
    },
  ];
  const agent = { kind: 'ServiceAccount', name: account.name, namespace: account.namespace };
  const tokens = { apiGroups: [''], resources: ['serviceaccounts/token'], resourceNames };
  return right === 'own'
    ? pair(name, { ...tokens, verbs: ['create'] }, agent)
    : [
        ...pair(`${name}-audience`, audienceRule(audience, resourceNames), {
          apiGroup: rbac,
          kind: 'Group',
          name: 'system:nodes',
        }),
        ...pair(name, { ...tokens, verbs: ['impersonate-on:associated-node:create'] }, agent),
      ];
}

/** By which a node asks for one. */
export const audienceVerb = 'request-serviceaccounts-token-audience';

/** A node may ask for an audience that no volume of the pod names, for these accounts. */
function audienceRule(audience: string, resourceNames: readonly string[]): RbacRule {
  return {
    apiGroups: [''],
    resources: [audience],
    resourceNames,
    verbs: [audienceVerb],
  };
}

/** Accounts by their namespace, both sorted. */
export function accountsByNamespace(accounts: Iterable<EntryKey>): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, Set<string>>();
  for (const { namespace, name } of [...accounts].sort((one, other) =>
    entryText(one) < entryText(other) ? -1 : 1,
  )) {
    found.set(namespace, (found.get(namespace) ?? new Set()).add(name));
  }
  return new Map([...found].map(([namespace, names]) => [namespace, [...names]]));
}
