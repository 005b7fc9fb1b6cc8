import { identityApi } from '../kubernetes/identity-resources.ts';
import { type CouldBecome, compareText, sortedTexts } from './access-report.ts';
import { allows, type RbacGrant, type RbacQuestion, subjectText } from './rbac.ts';

interface Right {
  readonly right: string;
  readonly asked: readonly RbacQuestion[];
  /** It matters only where there is a way in already. */
  readonly nearWays?: true;
  /** Nothing but a right in the whole cluster is one. */
  readonly wholeCluster?: true;
}

const write = ['create', 'update', 'patch'];
const rbacGroup = 'rbac.authorization.k8s.io';

/** Rights that lead to an identity by one more step. */
const rightsThatLead: readonly Right[] = [
  {
    right: 'run pods',
    nearWays: true,
    asked: [
      ...['pods', 'replicationcontrollers'].map((resource) => ({ verbs: write, group: '', resource })),
      ...['deployments', 'statefulsets', 'daemonsets', 'replicasets'].map((resource) => ({
        verbs: write,
        group: 'apps',
        resource,
      })),
      ...['jobs', 'cronjobs'].map((resource) => ({ verbs: write, group: 'batch', resource })),
    ],
  },
  {
    right: 'enter pods',
    nearWays: true,
    asked: [
      ...['pods/exec', 'pods/attach'].map((resource) => ({ verbs: ['create', 'get'], group: '', resource })),
      { verbs: ['update', 'patch'], group: '', resource: 'pods/ephemeralcontainers' },
    ],
  },
  {
    right: 'make tokens of accounts',
    nearWays: true,
    asked: [{ verbs: ['create'], group: '', resource: 'serviceaccounts/token' }],
  },
  {
    right: 'bind identities',
    asked: ['azureidentities', 'azureidentitybindings'].map((resource) => ({
      verbs: write,
      group: identityApi.group,
      resource,
    })),
  },
  {
    right: 'make exceptions',
    asked: [{ verbs: write, group: identityApi.group, resource: 'azurepodidentityexceptions' }],
  },
  {
    right: 'reach every pod by its kubelet',
    wholeCluster: true,
    asked: [{ verbs: ['create', 'get'], group: '', resource: 'nodes/proxy' }],
  },
  {
    right: 'act as others',
    asked: ['users', 'groups', 'serviceaccounts'].map((resource) => ({
      verbs: ['impersonate'],
      group: '',
      resource,
    })),
  },
  {
    right: 'give itself more rights',
    asked: [
      ...['roles', 'clusterroles'].map((resource) => ({
        verbs: ['escalate', 'bind'],
        group: rbacGroup,
        resource,
      })),
    ],
  },
];

/**
 * Who could get an identity by one more step, each with the rights that lead there.
 *
 * @param namespaces in which pods or accounts have a way in
 */
export function couldBecome(
  grants: readonly RbacGrant[],
  namespaces: ReadonlySet<string>,
): readonly CouldBecome[] {
  const found = new Map<
    string,
    { who: string; namespace: string | undefined; rights: Set<string>; via: Set<string> }
  >();
  for (const { subject, namespace, rules, via } of grants) {
    const rights = rightsThatLead
      .filter(
        ({ asked, nearWays, wholeCluster }) =>
          (nearWays !== true || namespace === undefined || namespaces.has(namespace)) &&
          (wholeCluster !== true || namespace === undefined) &&
          asked.some((question) => allows(rules, question)),
      )
      .map(({ right }) => right);
    if (rights.length === 0) {
      continue;
    }
    const who = subjectText(subject);
    const key = `${who} ${namespace ?? ''}`;
    const known = found.get(key) ?? { who, namespace, rights: new Set(), via: new Set() };
    found.set(key, known);
    for (const right of rights) {
      known.rights.add(right);
    }
    known.via.add(via);
  }
  return [...found.values()]
    .map(({ who, namespace, rights, via }) => ({
      who,
      namespace,
      // In the order of the list above, so that two reports have one.
      rights: rightsThatLead.flatMap(({ right }) => (rights.has(right) ? right : [])),
      via: sortedTexts(via),
    }))
    .toSorted(
      (one, other) =>
        compareText(one.namespace ?? '', other.namespace ?? '') || compareText(one.who, other.who),
    );
}
