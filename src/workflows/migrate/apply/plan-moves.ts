import type { Cluster } from '../../../domain/clusters/cluster.ts';
import { type PodIdentity, sameEntry } from '../../../domain/entries/pod-identity.ts';
import { subjectOf } from '../../../domain/exchange/exchange-cluster.ts';
import { bindingLabel } from '../../../domain/kubernetes/identity-resources.ts';
import type { Until } from '../../../domain/migrate/apply/until.ts';
import { useLabel } from '../../../domain/migrate/workload-identity-words.ts';
import type { Change } from '../../change/outcome.ts';
import { hasMoved, isBefore, type Move, moveText, reaches } from './move.ts';
import type { ClusterNeeds } from './prepare-cluster.ts';

interface Wanted {
  readonly needs: ClusterNeeds;
  readonly until: Until;
}

interface Known {
  readonly issuer: string | undefined;
  /** All of the cluster, where workloads are to lose theirs. */
  readonly entries: readonly PodIdentity[];
}

/** What would be written, for `--dry-run`, and to know whether anything is. */
export function changesOf(
  moves: readonly Move[],
  { needs, until, ...known }: Wanted & Known,
): readonly Change[] {
  const cluster: Change = {
    action: 'update',
    kind: 'cluster',
    namespace: null,
    name: null,
    before: { oidcIssuer: !needs.issuer, workloadIdentity: !needs.webhook },
    after: { oidcIssuer: true, workloadIdentity: true },
  };
  return [
    ...(needs.issuer || needs.webhook ? [cluster] : []),
    ...uniqueChanges(moves.flatMap((move) => changesOfMove(move, until, known))),
  ];
}

function changesOfMove(
  { workload, state, failure }: Move,
  until: Until,
  { issuer, entries }: Known,
): Change[] {
  const { namespace, name, kind, serviceAccount, identities } = workload;
  if (failure !== undefined) {
    return [];
  }
  if (until === 'cleaned' && hasMoved(state)) {
    return cleaningOf(workload, state, entries);
  }
  if (!isBefore(state, 'cleaned')) {
    return [];
  }
  const account = { namespace, name: serviceAccount };
  const credentials = identities
    .filter(({ isTrusted }) => !isTrusted)
    .map(
      (identity): Change => ({
        action: 'add',
        kind: 'federatedCredential',
        namespace: identity.namespace,
        name: identity.name,
        before: null,
        after: { issuer: issuer ?? null, subject: subjectOf(account), identity: identity.resourceId ?? null },
      }),
    );
  const annotation: Change = {
    action: 'update',
    kind: 'serviceAccount',
    ...account,
    before: null,
    after: { clientId: identities[0]?.clientId ?? null },
  };
  const label: Change = {
    action: 'update',
    kind: 'workload',
    namespace,
    name,
    before: { kind },
    after: { kind, templateLabels: { [useLabel]: 'true' } },
  };
  return [
    ...(isBefore(state, 'dual') ? credentials : []),
    ...(reaches(until, 'annotated') && isBefore(state, 'annotated') ? [annotation] : []),
    ...(reaches(until, 'dual') && isBefore(state, 'dual') ? [label] : []),
  ];
}

/** Entries go once nobody has them any more, which is known when the labels are gone. */
function cleaningOf(
  { kind, namespace, name, binding, identities, cleaned }: Move['workload'],
  state: Move['state'],
  entries: readonly PodIdentity[],
): Change[] {
  const own = entries.filter((entry) =>
    [...identities, ...(cleaned?.entries ?? [])].some((each) => sameEntry(each, entry)),
  );
  const label: Change = {
    action: 'update',
    kind: 'workload',
    namespace,
    name,
    before: { kind, templateLabels: { [bindingLabel]: binding ?? null } },
    after: { kind },
  };
  return [
    ...(state === 'moved' ? [label] : []),
    ...(state === 'moved' || cleaned !== undefined ? own : []).map(
      (entry): Change => ({
        action: 'delete',
        kind: 'identity',
        namespace: entry.namespace,
        name: entry.name,
        before: { identityResourceId: entry.identity.resourceId, bindingSelector: entry.bindingSelector },
        after: null,
      }),
    ),
  ];
}

/** Workloads of one account share its annotation and its credentials. */
function uniqueChanges(changes: readonly Change[]): readonly Change[] {
  return [...new Map(changes.map((change) => [JSON.stringify(change), change])).values()];
}

/** What a person agrees to. */
export function question(cluster: Cluster, moves: readonly Move[], { needs, until }: Wanted): string {
  const going = moves.filter(({ failure, state }) => failure === undefined && isBefore(state, until));
  const issuer = needs.issuer
    ? `This first turns on the OIDC issuer of cluster ${cluster.id.name}: its API server restarts, and Azure cannot turn the issuer off again. `
    : '';
  const webhook = needs.webhook ? 'The webhook of Workload Identity is turned on. ' : '';
  const pods = going.filter(({ state }) => reaches(until, 'dual') && isBefore(state, 'dual')).length;
  const replaced =
    pods === 0 ? '' : ` The pods of ${pods === 1 ? 'one workload' : `${pods} workloads`} are replaced.`;
  const cleaned = until === 'cleaned' ? going.filter(({ state }) => state === 'moved').length : 0;
  const cleaning =
    cleaned === 0
      ? ''
      : ' The label aadpodidbinding goes from those that have moved, and each entry that no workload has any more.';
  return `${issuer}${webhook}Bring ${someOf(going)} to ${until}, once Entra gives their tokens?${replaced}${cleaning}`;
}

function someOf(moves: readonly Move[]): string {
  const names = moves.map(moveText);
  return names.length <= 5
    ? names.join(', ')
    : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`;
}
