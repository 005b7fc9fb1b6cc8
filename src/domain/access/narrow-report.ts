import { sameResource } from '../azure/resource-id.ts';
import type { AccessReport, Finding, IdentityAccess, Way } from './access-report.ts';

/** What of a report somebody asked for; absent: all. */
export interface AccessChoice {
  readonly namespace?: string;
  /** A name, a client id, a resource id, or `namespace/name` of an AzureIdentity. */
  readonly identity?: string;
  /** `namespace/name`. */
  readonly pod?: string;
  /** `namespace/name`: what pods that run as it get, and what it gets by itself. */
  readonly serviceAccount?: string;
  /** `namespace/Kind/name`. */
  readonly workload?: { readonly namespace: string; readonly workload: string };
  readonly node?: string;
}

/** The report of what was asked for: its ways, the identities that have any of them, and what was found about those. */
export function narrowReport(report: AccessReport, choice: AccessChoice): AccessReport {
  const asksWays =
    choice.namespace !== undefined ||
    choice.pod !== undefined ||
    choice.serviceAccount !== undefined ||
    choice.workload !== undefined ||
    choice.node !== undefined;
  if (!asksWays && choice.identity === undefined) {
    return report;
  }
  const identities = report.identities
    .filter((each) => choice.identity === undefined || isIdentity(each, choice.identity))
    .map((each) => (asksWays ? { ...each, ways: each.ways.filter((way) => fits(way, choice)) } : each))
    // What is unknown may be a way of what was asked for.
    .filter(({ ways, unknown }) => !asksWays || ways.length > 0 || unknown.length > 0);
  const isKept = (finding: Finding) =>
    identities.some((each) => isAbout(finding, each)) ||
    (choice.namespace !== undefined && finding.about.startsWith(`${choice.namespace}/`)) ||
    finding.about === choice.node;
  const { namespace } = choice;
  return {
    ...report,
    identities,
    findings: report.findings.filter(isKept),
    couldBecome:
      namespace === undefined
        ? report.couldBecome
        : report.couldBecome?.filter((each) => each.namespace === undefined || each.namespace === namespace),
  };
}

export function isIdentity(
  {
    resourceId,
    clientId,
    name,
    objects,
  }: Pick<IdentityAccess, 'resourceId' | 'clientId' | 'name' | 'objects'>,
  text: string,
): boolean {
  return (
    name === text ||
    (resourceId !== '' && sameResource(resourceId, text)) ||
    (clientId !== '' && clientId.toLowerCase() === text.toLowerCase()) ||
    objects.includes(text)
  );
}

/** A way of which nobody counted the pods is kept wherever its pods may be what was asked for. */
function fits(way: Way, { namespace, pod, serviceAccount, workload, node }: AccessChoice): boolean {
  return (
    (namespace === undefined || mayLeadIn(way, namespace)) &&
    (pod === undefined || way.podKeys.includes(pod) || isUncounted(way, namespaceOf(pod))) &&
    (serviceAccount === undefined || isOfAccount(way, serviceAccount)) &&
    (workload === undefined || isOfWorkload(way, workload)) &&
    (node === undefined || way.nodes === undefined || way.nodes.includes(node))
  );
}

function mayLeadIn(way: Way, wanted: string): boolean {
  return (
    way.namespace === wanted ||
    isUncounted(way, wanted) ||
    (way.namespace === '' &&
      (way.podKeys.some((key) => key.startsWith(`${wanted}/`)) ||
        way.accounts.some((account) => account === '*' || namespaceOf(account) === wanted)))
  );
}

function isOfAccount(way: Way, wanted: string): boolean {
  const namespace = namespaceOf(wanted);
  return (
    [wanted, `${namespace}/*`, '*'].some((each) => way.accounts.includes(each)) ||
    (isUncounted(way, namespace) && (way.accounts.length === 0 || isOfPods(way)))
  );
}

/** Whether whatever account a pod runs as, the pod has it: the accounts are those of pods that were seen. */
function isOfPods({ way }: Way): boolean {
  return way !== 'federated' && way !== 'identity-binding' && way !== 'secret';
}

function isOfWorkload(
  way: Way,
  { namespace: wanted, workload }: NonNullable<AccessChoice['workload']>,
): boolean {
  return (
    isUncounted(way, wanted) ||
    (way.namespace === wanted
      ? way.workloads.includes(workload)
      : way.namespace === '' && way.workloads.includes(`${wanted}/${workload}`))
  );
}

/** Whether pods of the namespace may have it, of which nobody knows. */
function isUncounted({ pods, namespace }: Way, wanted: string): boolean {
  return pods === undefined && (namespace === '' || namespace === wanted);
}

function namespaceOf(key: string): string {
  return key.split('/')[0] ?? '';
}

function isAbout({ about }: Finding, { resourceId, objects, roles = [], ways }: IdentityAccess): boolean {
  return (
    objects.includes(about) ||
    (resourceId !== '' && about.toLowerCase().startsWith(resourceId.toLowerCase())) ||
    roles.some(({ id }) => id === about) ||
    ways.some(({ way, who, nodes, namespace, workloads }) => {
      const isOfNode = way === 'unguarded-node' && nodes?.includes(about) === true;
      const isOfHost = way === 'host-network' && workloads.some((each) => `${namespace}/${each}` === about);
      return isOfNode || isOfHost || (way === 'exception' && who.includes(` ${about})`));
    })
  );
}
