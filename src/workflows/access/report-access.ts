import type { AccessFacts } from '../../domain/access/access-facts.ts';
import type { AccessReport } from '../../domain/access/access-report.ts';
import { type AccessChoice, isIdentity, narrowReport } from '../../domain/access/narrow-report.ts';
import { reportAccess } from '../../domain/access/report-access.ts';
import type { ClusterId } from '../../domain/clusters/cluster.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import { advice, command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { type AccessDeps, gatherAccess, isIdentityId } from './gather-access.ts';

export interface AccessRequest {
  readonly cluster: ClusterId;
  readonly choice: AccessChoice;
}

export interface ReportedAccess extends AccessReport {
  readonly cluster: ClusterId;
  /** RFC 3339. */
  readonly at: string;
  /** Who asked. */
  readonly by: string;
}

/**
 * Who can get which identity, from what the cluster, Azure and the nodes say. Writes nothing anywhere.
 *
 * @throws PodidError EntryNotFound (an identity, a pod or a node that was named is not there), and as `gatherAccess`
 */
export async function reportedAccess(
  deps: AccessDeps,
  { cluster, choice }: AccessRequest,
): Promise<ReportedAccess> {
  const { identity } = choice;
  const also = identity !== undefined && isIdentityId(identity) ? { alsoIdentity: identity } : {};
  const facts = await gatherAccess(deps, { cluster, ...also });
  const nowMs = deps.clock.now();
  const whole = reportAccess(facts, nowMs);
  checkIsThere(facts, whole, choice);
  return {
    ...narrowReport(whole, choice),
    cluster,
    at: new Date(nowMs).toISOString(),
    by: deps.azure.caller(),
  };
}

/** What is not there has no way in; so has what was misspelt, and nobody should take it for that. */
function checkIsThere(facts: AccessFacts, report: AccessReport, choice: AccessChoice): void {
  const { identity, pod, node } = choice;
  if (identity !== undefined && !report.identities.some((each) => isIdentity(each, identity))) {
    throw new PodidError(
      'EntryNotFound',
      `Nothing in the cluster or on its nodes names an identity ${JSON.stringify(identity)}.`,
      {
        hint: advice`${nextCommand('access', facts.id)} names all; of another that is asked for, give the whole resource id.`,
        target: identity,
      },
    );
  }
  if (
    pod !== undefined &&
    facts.pods.kind === 'read' &&
    !facts.pods.value.some((each) => `${each.namespace}/${each.name}` === pod)
  ) {
    const [namespace = ''] = pod.split('/');
    throw new PodidError('EntryNotFound', `The cluster has no pod ${pod} that has not ended.`, {
      hint: command('kubectl get pods -n', namespace),
      target: pod,
    });
  }
  if (
    node !== undefined &&
    facts.nodes.kind === 'read' &&
    !facts.nodes.value.some(({ name }) => name === node)
  ) {
    throw new PodidError('EntryNotFound', `The cluster has no node ${node}.`, {
      hint: command('kubectl get nodes'),
      target: node,
    });
  }
}
