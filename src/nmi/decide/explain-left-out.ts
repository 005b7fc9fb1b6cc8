import type { Pod } from '../../domain/kubernetes/pod.ts';
import type { ClusterView } from '../cluster/cluster-view.ts';
import type { ErrorAnswer } from '../http/error-answer.ts';

/** What may be missing because an agent leaves it out. */
const lacking: ReadonlySet<string> = new Set([
  'no-label',
  'no-binding',
  'no-identity',
  'other-identity-asked',
  'identity-not-assigned',
]);
const mostNamed = 3;

/** Says beside what a pod lacks that objects of its namespace are beyond the agent's limits: it may be one of them. */
export function explainLeftOut(
  answer: ErrorAnswer,
  { namespace, name }: Pick<Pod, 'namespace' | 'name'>,
  view: Pick<ClusterView, 'leftOutIn'>,
): ErrorAnswer {
  if (!lacking.has(answer.reason)) {
    return answer;
  }
  // Another pod's labels are of no concern to this one.
  const concerned = view.leftOutIn(namespace).filter((each) => each.kind !== 'pods' || each.name === name);
  if (concerned.length === 0) {
    return answer;
  }
  const named = concerned.slice(0, mostNamed).map((each) => `${each.kind}/${each.name} (${each.reason})`);
  const more = concerned.length > mostNamed ? ` and ${concerned.length - mostNamed} more` : '';
  const told = `Objects of namespace ${namespace} are beyond the agent's limits and left out: ${named.join(', ')}${more}. Make them smaller or fewer; podid doctor says the limits.`;
  return { ...answer, description: `${answer.description} ${told}` };
}
