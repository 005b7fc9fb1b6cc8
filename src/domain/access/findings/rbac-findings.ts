import { command } from '../../../errors/hint.ts';
import { identityApi } from '../../kubernetes/identity-resources.ts';
import type { Finding } from '../access-report.ts';
import { allows, isOfPods, type RbacGrant, subjectText } from '../rbac.ts';
import type { FindingFacts } from './finding-facts.ts';

/**
 * Pods with wildcard rights. People with them are administrators, whom somebody made that on purpose; a service account's
 * rights are every pod's that runs as it.
 */
export function rbacFindings({ grants }: FindingFacts): readonly Finding[] {
  return (grants ?? [])
    .filter(({ subject }) => isOfPods(subject))
    .flatMap((grant): readonly Finding[] => {
      if (isEverything(grant)) {
        return [wildcard(grant, 'may do everything')];
      }
      return isWildcardOnIdentities(grant)
        ? [wildcard(grant, 'has a wildcard on the kinds of pod identity')]
        : [];
    });
}

function isEverything({ rules }: RbacGrant): boolean {
  return rules.some(
    ({ verbs, apiGroups, resources, resourceNames }) =>
      [verbs, apiGroups, resources].every((each) => each.includes('*')) && resourceNames.length === 0,
  );
}

function isWildcardOnIdentities({ rules }: RbacGrant): boolean {
  const wild = rules.filter(({ verbs, resources }) => verbs.includes('*') || resources.includes('*'));
  return allows(wild, { verbs: ['create'], group: identityApi.group, resource: 'azureidentitybindings' });
}

function wildcard({ subject, namespace, via, role }: RbacGrant, what: string): Finding {
  const where = namespace === undefined ? 'in the whole cluster' : `in namespace ${namespace}`;
  const [kind = '', path = ''] = via.split(' ');
  const [, name] = path.split('/');
  return {
    // What AKS itself runs has to have much, and is AKS's to change.
    severity: namespace === undefined && subject.namespace !== 'kube-system' ? 'high' : 'medium',
    code: 'WildcardRights',
    about: via,
    message: `${subjectText(subject)} ${what} ${where} (${via}, ${role}): so it can get every identity there.`,
    hint:
      namespace === undefined
        ? command('kubectl edit', kind.toLowerCase(), path)
        : command('kubectl edit', kind.toLowerCase(), name ?? path, '-n', namespace),
  };
}
