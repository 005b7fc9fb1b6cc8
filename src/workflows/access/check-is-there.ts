import type { AccessFacts } from '../../domain/access/access-facts.ts';
import type { AccessReport } from '../../domain/access/access-report.ts';
import { accessTemplates, unreadKinds } from '../../domain/access/access-templates.ts';
import { someOf } from '../../domain/access/findings/node-findings.ts';
import { type AccessChoice, isIdentity } from '../../domain/access/narrow-report.ts';
import { type EntryKey, entryText } from '../../domain/entries/pod-identity.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import { advice, command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { readOr } from '../doctor/probe.ts';

/**
 * What is not there has no way in; so has what was misspelt, and nobody should take it for that. What could not be read
 * may be there.
 *
 * @throws PodidError EntryNotFound
 */
export function checkIsThere(facts: AccessFacts, report: AccessReport, choice: AccessChoice): void {
  const { identity, pod, node, namespace, serviceAccount, workload } = choice;
  if (identity !== undefined && !report.identities.some((each) => isIdentity(each, identity))) {
    throw new PodidError(
      'EntryNotFound',
      `Nothing in the cluster or on its nodes names an identity ${JSON.stringify(identity)}.`,
      {
        hint: advice`${nextCommand('access', facts.id)}  # names all; of another that is asked for, give the whole resource id.`,
        target: identity,
      },
    );
  }
  if (namespace !== undefined) {
    checkNamespace(facts, report, namespace);
  }
  const pods = readOr(facts.pods, undefined)?.map(entryText);
  if (pod !== undefined && pods !== undefined && !pods.includes(pod)) {
    const within = namespaceOf(pod);
    const there = pods.filter((each) => namespaceOf(each) === within);
    throw new PodidError(
      'EntryNotFound',
      `The cluster has no pod ${pod} that has not ended${thereAre(there)}.`,
      { hint: command('kubectl get pods -n', within), target: pod },
    );
  }
  const nodes = readOr(facts.nodes, undefined)?.map(({ name }) => name);
  if (node !== undefined && nodes !== undefined && !nodes.includes(node)) {
    throw new PodidError('EntryNotFound', `The cluster has no node ${node}${thereAre(nodes)}.`, {
      hint: command('kubectl get nodes'),
      target: node,
    });
  }
  if (workload !== undefined) {
    checkWorkload(facts, workload);
  }
  if (serviceAccount !== undefined) {
    checkAccount(facts, report, serviceAccount);
  }
}

/** One that an entry names may come yet, and its ways stand already. */
function checkNamespace(facts: AccessFacts, report: AccessReport, namespace: string): void {
  const listed = namespacesIn(facts);
  if (
    listed !== undefined &&
    !listed.has(namespace) &&
    !report.identities.some(
      ({ objects, ways }) =>
        objects.some((each) => namespaceOf(each) === namespace) ||
        ways.some((way) => way.namespace === namespace),
    )
  ) {
    throw new PodidError('EntryNotFound', `The cluster has no namespace ${namespace}${thereAre(listed)}.`, {
      hint: command('kubectl get namespaces'),
      target: namespace,
    });
  }
}

/** Also what another makes, and a Job that has ended: they are there. */
function checkWorkload(
  facts: AccessFacts,
  { namespace, workload }: NonNullable<AccessChoice['workload']>,
): void {
  if (facts.pods.kind === 'unread' || unreadKinds(facts).length > 0) {
    return;
  }
  const objects = [...facts.workloads.values()].flatMap((reading) =>
    readOr(reading, []).map((each) => ({ namespace: each.namespace, workload: `${each.kind}/${each.name}` })),
  );
  const there = [...objects, ...accessTemplates(facts), ...facts.pods.value]
    .filter((each) => each.namespace === namespace)
    .map((each) => each.workload);
  if (!there.includes(workload)) {
    const [kind = ''] = workload.split('/');
    const alike = there.filter((each) => each.startsWith(`${kind}/`));
    throw new PodidError(
      'EntryNotFound',
      `The cluster has no ${workload} in namespace ${namespace}${thereAre(alike.length > 0 ? alike : there)}.`,
      { hint: nextCommand('access', facts.id, { namespace }), target: workload },
    );
  }
}

/** One that an identity trusts may be made yet, and so may the pods of a template whose account is missing. */
function checkAccount(facts: AccessFacts, report: AccessReport, account: string): void {
  const { serviceAccounts, pods } = facts;
  const within = namespaceOf(account);
  if (serviceAccounts.kind === 'unread') {
    return;
  }
  const listed = serviceAccounts.value.map(entryText);
  const namespaces = namespacesIn(facts);
  const used = [...readOr(pods, []), ...accessTemplates(facts)].map(
    ({ namespace, serviceAccount }) => `${namespace}/${serviceAccount}`,
  );
  // Kubernetes gives each namespace that one.
  const isDefault = account === `${within}/default` && (namespaces?.has(within) ?? true);
  if (
    isDefault ||
    listed.includes(account) ||
    used.includes(account) ||
    report.identities.some(({ ways }) => ways.some(({ accounts }) => accounts.includes(account)))
  ) {
    return;
  }
  const there = [...listed, ...used].filter((each) => namespaceOf(each) === within);
  throw new PodidError('EntryNotFound', `The cluster has no service account ${account}${thereAre(there)}.`, {
    hint: command('kubectl get serviceaccounts -n', within),
    target: account,
  });
}

/** Those that are listed, and those in which something is: undefined where they could not be read. */
function namespacesIn(facts: AccessFacts): ReadonlySet<string> | undefined {
  if (facts.namespaces.kind === 'unread') {
    return undefined;
  }
  const inThem: readonly Pick<EntryKey, 'namespace'>[] = [
    ...readOr(facts.pods, []),
    ...readOr(facts.serviceAccounts, []),
    ...accessTemplates(facts),
  ];
  return new Set([
    ...facts.namespaces.value.map(({ name }) => name),
    ...inThem.map(({ namespace }) => namespace),
  ]);
}

function thereAre(names: Iterable<string>): string {
  const some = someOf([...new Set(names)]);
  return some === '' ? '' : `; it has ${some}`;
}

function namespaceOf(key: string): string {
  return key.split('/')[0] ?? '';
}
