import { identityApi } from '../kubernetes/identity-resources.ts';
import type { ClusterReadings } from '../migrate/migration-facts.ts';
import { type CouldBecome, compareText, sortedTexts } from './access-report.ts';
import { allows, type RbacGrant, type RbacQuestion, subjectText } from './rbac.ts';

interface Right {
  readonly right: string;
  readonly asked: readonly RbacQuestion[];
  /** It matters only where there is a way in already. */
  readonly nearWays?: true;
  /** It matters only where Pod Security admission lets a pod have the node that it runs on. */
  readonly takesNode?: true;
  /** Nothing but a right in the whole cluster is one. */
  readonly wholeCluster?: true;
}

const write = ['create', 'update', 'patch'];
const rbacGroup = 'rbac.authorization.k8s.io';

const makePods: readonly RbacQuestion[] = [
  ...['pods', 'replicationcontrollers'].map((resource) => ({ verbs: write, group: '', resource })),
  ...['deployments', 'statefulsets', 'daemonsets', 'replicasets'].map((resource) => ({
    verbs: write,
    group: 'apps',
    resource,
  })),
  ...['jobs', 'cronjobs'].map((resource) => ({ verbs: write, group: 'batch', resource })),
];

/** The level of Pod Security admission stands in a label of it. */
const labelNamespace: RbacQuestion = { verbs: ['update', 'patch'], group: '', resource: 'namespaces' };

/** Rights that lead to an identity by one more step. */
const rightsThatLead: readonly Right[] = [
  {
    right: 'run pods',
    nearWays: true,
    asked: makePods,
  },
  {
    // By hostNetwork every identity of the node; by hostPath or privileged also the tokens of its other pods.
    right: 'run pods that take their node',
    takesNode: true,
    asked: makePods,
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

/** Where a step leads somewhere. */
interface LeadsOn {
  /** In which pods or accounts have a way in. */
  readonly namespaces: ReadonlySet<string>;
  /** A node, or a pod on it, has an identity. */
  readonly nodesCount: boolean;
  /** Unread: nothing is known to refuse such a pod. */
  readonly admission: ClusterReadings['namespaces'];
}

/** Who could get an identity by one more step, each with the rights that lead there. */
export function couldBecome(
  grants: readonly RbacGrant[],
  { namespaces, nodesCount, admission }: LeadsOn,
): readonly CouldBecome[] {
  const admitsAnything = admittingIn(admission);
  const relabelling = relabellingBy(grants);
  const found = new Map<
    string,
    { who: string; namespace: string | undefined; rights: Set<string>; via: Set<string> }
  >();
  for (const { subject, namespace, rules, via } of grants) {
    const who = subjectText(subject);
    const relabels = admitsAnything(namespace) ? [] : relabelling(who, namespace);
    const isAdmitted = nodesCount && (admitsAnything(namespace) || relabels.length > 0);
    const rights = rightsThatLead.filter(
      ({ asked, nearWays, takesNode, wholeCluster }) =>
        (nearWays !== true || namespace === undefined || namespaces.has(namespace)) &&
        (takesNode !== true || isAdmitted) &&
        (wholeCluster !== true || namespace === undefined) &&
        asked.some((question) => allows(rules, question)),
    );
    if (rights.length === 0) {
      continue;
    }
    const key = `${who} ${namespace ?? ''}`;
    const known = found.get(key) ?? { who, namespace, rights: new Set(), via: new Set() };
    found.set(key, known);
    for (const { right, takesNode } of rights) {
      known.rights.add(right);
      for (const each of takesNode === true ? relabels : []) {
        known.via.add(each);
      }
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

/**
 * By which bindings somebody may change the level of a namespace, of all: of one of them. It may be another binding than the
 * one that lets them make pods there.
 */
function relabellingBy(
  grants: readonly RbacGrant[],
): (who: string, namespace: string | undefined) => readonly string[] {
  const able = grants.filter(({ rules }) => allows(rules, labelNamespace));
  return (who, namespace) =>
    able
      .filter(
        (each) =>
          subjectText(each.subject) === who &&
          (namespace === undefined ||
            ((each.namespace === undefined || each.namespace === namespace) &&
              allows(each.rules, { ...labelNamespace, name: namespace }))),
      )
      .map(({ via }) => via);
}

/** Whether Pod Security admission refuses nothing in a namespace; of all: in one of them. */
function admittingIn(admission: ClusterReadings['namespaces']): (namespace: string | undefined) => boolean {
  const listed = admission.kind === 'unread' ? [] : admission.value;
  const refusing = new Set(
    listed.flatMap(({ name, labels }) =>
      /^(?:baseline|restricted)$/.test(labels['pod-security.kubernetes.io/enforce'] ?? '') ? name : [],
    ),
  );
  return (namespace) =>
    namespace === undefined ? listed.length === 0 || listed.length > refusing.size : !refusing.has(namespace);
}
