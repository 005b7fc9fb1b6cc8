import { describe, expect, it } from 'vitest';
import type { RbacBinding, RbacSubject } from '../../../src/domain/access/access-objects.ts';
import { reportAccess } from '../../../src/domain/access/report-access.ts';
import { clusterId, identityId } from '../../workflows/fake-azure.ts';
import { bound, factsWith, machine, nowMs, read, unread } from './access-facts.ts';

const cluster = `/subscriptions/${clusterId.subscriptionId}/resourceGroups/${clusterId.resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${clusterId.name}`;

const nodeGroup = `/subscriptions/${clusterId.subscriptionId}/resourceGroups/MC_rg`;

/** Who could become an identity in Kubernetes, where that binding gives all rights. */
function who(subject: RbacSubject, binding: Partial<RbacBinding> = {}): readonly string[] {
  const roleName = binding.roleName ?? 'all';
  const facts = factsWith({
    resources: bound('web'),
    rbac: read({
      roles: [
        {
          name: roleName,
          rules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], resourceNames: [] }],
        },
      ],
      bindings: [{ name: 'b', roleKind: 'ClusterRole', roleName, subjects: [subject], ...binding }],
    }),
  });
  return (reportAccess(facts, nowMs).couldBecome ?? []).map((each) => each.who);
}

describe('who could become an identity', () => {
  const web = { kind: 'ServiceAccount', namespace: 'shop', name: 'web' };
  const controller = { kind: 'ServiceAccount', namespace: 'kube-system', name: 'job-controller' };

  it.each<[string, RbacSubject, Partial<RbacBinding>, readonly string[]]>([
    [
      'is an account, whatever its binding is called',
      web,
      { namespace: 'shop', name: 'system:x' },
      ['ServiceAccount shop/web'],
    ],
    [
      'is an account that has the role of a controller',
      web,
      { name: 'system:controller:web', roleName: 'system:controller:web' },
      ['ServiceAccount shop/web'],
    ],
    [
      'is an account of kube-system with another role',
      controller,
      { name: 'system:controller:job-controller' },
      ['ServiceAccount kube-system/job-controller'],
    ],
    ['is no controller of Kubernetes', controller, { roleName: 'system:controller:job-controller' }, []],
    ['is no part of Kubernetes', { kind: 'User', name: 'system:kube-scheduler' }, {}, []],
    ...['system:masters', 'system:authenticated', 'system:serviceaccounts:shop'].map(
      (name): [string, RbacSubject, Partial<RbacBinding>, readonly string[]] => [
        `is the group ${name}`,
        { kind: 'Group', name },
        { name: 'system:x' },
        [`Group ${name}`],
      ],
    ),
    [
      'is whoever does not sign in',
      { kind: 'User', name: 'system:anonymous' },
      {},
      ['User system:anonymous'],
    ],
  ])('%s', (_what, subject, binding, expected) => {
    expect(who(subject, binding)).toEqual(expected);
  });

  const takes = 'run pods that take their node';
  const level = 'pod-security.kubernetes.io/enforce';
  const makesPods = { verbs: ['create'], apiGroups: [''], resources: ['pods'], resourceNames: [] };
  const labels = { ...makesPods, verbs: ['patch'], resources: ['namespaces'] };
  const admission = (...found: readonly (readonly [string, string?])[]) =>
    read(found.map(([name, enforced]) => ({ name, labels: enforced ? { [level]: enforced } : {} })));
  it.each([
    ['in a namespace without a level', 'other', admission(['shop'], ['other']), [makesPods], [takes]],
    ['in one that is privileged', 'other', admission(['other', 'privileged']), [makesPods], [takes]],
    ['where nobody may list namespaces', 'other', unread('namespaces'), [makesPods], [takes]],
    [
      'in no namespace that is baseline',
      'other',
      admission(['shop'], ['other', 'baseline']),
      [makesPods],
      [],
    ],
    ['in none that is restricted', 'other', admission(['other', 'restricted']), [makesPods], []],
    [
      'where its level can be changed',
      'other',
      admission(['other', 'restricted']),
      [makesPods, labels],
      [takes],
    ],
    ['nowhere without the right to make pods', 'other', admission(['other']), [labels], []],
    [
      'in all namespaces',
      undefined,
      admission(['shop', 'baseline'], ['other']),
      [makesPods],
      ['run pods', takes],
    ],
    ['in none of all', undefined, admission(['shop', 'baseline']), [makesPods], ['run pods']],
  ])('may have a node by its own pods %s', (_what, namespace, namespaces, rules, expected) => {
    const facts = factsWith({
      resources: bound('web'),
      namespaces,
      rbac: read({
        roles: [{ name: 'pods', rules }],
        bindings: [
          {
            name: 'b',
            ...(namespace === undefined ? {} : { namespace }),
            roleKind: 'ClusterRole',
            roleName: 'pods',
            subjects: [{ kind: 'Group', name: 'developers' }],
          },
        ],
      }),
    });
    const rights = reportAccess(facts, nowMs).couldBecome?.flatMap((each) => each.rights);
    expect(rights).toEqual(expected);
  });

  it.each([
    ['in all namespaces', undefined, [], true],
    ['in that one', 'other', ['other'], true],
    ['in another one', 'shop', [], false],
    ['of another name', undefined, ['shop'], false],
  ])(
    'may have a node where another binding lets them change its level: %s',
    (_what, namespace, resourceNames, isLeft) => {
      const developers = { kind: 'Group', name: 'developers' };
      const binding = (name: string, of: string | undefined) => ({
        name,
        ...(of === undefined ? {} : { namespace: of }),
        roleKind: 'ClusterRole' as const,
        roleName: name,
        subjects: [developers],
      });
      const facts = factsWith({
        resources: bound('web'),
        namespaces: admission(['shop', 'restricted'], ['other', 'restricted']),
        rbac: read({
          roles: [
            { name: 'pods', rules: [makesPods] },
            { name: 'labels', rules: [{ ...labels, resourceNames }] },
          ],
          bindings: [binding('pods', 'other'), binding('labels', namespace)],
        }),
      });
      const scope = namespace === undefined ? 'ClusterRoleBinding ' : `RoleBinding ${namespace}/`;
      expect(reportAccess(facts, nowMs).couldBecome).toEqual(
        isLeft
          ? [
              {
                who: 'Group developers',
                namespace: 'other',
                rights: [takes],
                via: [`${scope}labels`, 'RoleBinding other/pods'],
              },
            ]
          : [],
      );
    },
  );

  const kubernetes = 'Microsoft.ContainerService/managedClusters';
  it.each<[string, string, readonly string[], readonly string[], readonly string[]]>([
    [
      'an administrator of the cluster',
      cluster,
      [
        `${kubernetes}/listClusterAdminCredential/action`,
        `${kubernetes}/accessProfiles/listCredential/action`,
      ],
      [],
      ['be administrator of the cluster'],
    ],
    [
      'who runs commands',
      cluster.toUpperCase(),
      [`${kubernetes}/runCommand/action`],
      [],
      ['run commands in the cluster'],
    ],
    ['who gives roles on the cluster', cluster, ['Microsoft.Authorization/*'], [], ['give such roles']],
    ['an administrator by Azure', cluster, [], [`${kubernetes}/*`], ['run pods in the cluster']],
    [
      'a writer of one namespace',
      `${cluster}/namespaces/shop`,
      [],
      [`${kubernetes}/pods/*`],
      ['run pods in the cluster'],
    ],
    ...[
      `${nodeGroup}/providers/Microsoft.Compute/virtualMachineScaleSets/pool`,
      `${nodeGroup}/providers/Microsoft.Compute/virtualMachineScaleSets/pool/virtualMachines/0`,
      nodeGroup.toLowerCase(),
      '/subscriptions/sub',
      machine(1, []).resourceId,
    ].flatMap((scope): [string, string, readonly string[], readonly string[], readonly string[]][] =>
      [
        'virtualMachineScaleSets/virtualmachines/runCommand/action',
        'virtualMachines/runCommand/action',
        'virtualMachineScaleSets/write',
        'virtualMachines/extensions/write',
      ].map((action) => [
        `who has ${action} at ${scope}`,
        scope,
        [`Microsoft.Compute/${action}`],
        [],
        ['run commands on the nodes'],
      ]),
    ),
    ['nobody by keys for ssh', nodeGroup, ['Microsoft.Compute/sshPublicKeys/*'], [], []],
    ['nobody of a disk', `${nodeGroup}/providers/Microsoft.Compute/disks/d`, ['*'], [], []],
    ['nobody of another group', `${nodeGroup}2`, ['*'], [], []],
    ['no reader', cluster, [`${kubernetes}/read`], [`${kubernetes}/pods/read`], []],
    ['nobody of another cluster', `${cluster}2`, ['*'], [`${kubernetes}/*`], []],
    [
      'an operator of the identity',
      identityId('web'),
      ['Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action', `${kubernetes}/*`],
      [],
      ['put it on machines'],
    ],
  ])('is in Azure %s', (_what, scope, actions, dataActions, expected) => {
    const facts = factsWith({
      resources: bound('web'),
      cluster: { nodeResourceGroup: 'MC_rg' },
      roles: [
        {
          subscriptionId: 'sub',
          assignments: read([
            { id: 'a', name: 'a', scope, principalId: 'p', roleDefinitionId: 'r', hasCondition: false },
          ]),
          definitions: new Map([
            ['r', { id: 'r', roleName: 'Role', permissions: [{ actions, notActions: [], dataActions }] }],
          ]),
        },
      ],
    });
    const found = reportAccess(facts, nowMs).couldBecomeInAzure ?? [];
    expect(found.flatMap(({ rights }) => rights)).toEqual(expected);
  });
});
