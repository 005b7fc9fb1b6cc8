import { type EntryKey, entryText } from '../../domain/entries/pod-identity.ts';
import type { ExchangeCluster, ExchangeGrant } from '../../domain/exchange/exchange-cluster.ts';
import { accountsByNamespace } from '../../domain/exchange/exchange-roles.ts';
import type { ExchangeSubject } from '../../domain/exchange/token-source.ts';
import type { Change } from '../change/outcome.ts';
import type { IdentityStanding } from './read-exchange.ts';
import type { WorkloadView } from './read-workload-view.ts';

/** Accounts of which the agent is to make tokens, by namespace. */
export type WantedGrants = ReadonlyMap<string, readonly string[]>;

/**
 * Those of the identities that are exchanged by their pods' accounts and stay so, and of those that are to be. While
 * nothing confines the agent, only those that it has: a right is taken away then, and never given.
 *
 * @param keys `namespace/name` of AzureIdentities
 */
export function wantedGrants(
  workload: Omit<WorkloadView, 'agent'>,
  {
    joining = [],
    leaving = [],
  }: { readonly joining?: readonly string[]; readonly leaving?: readonly string[] },
): WantedGrants {
  const { accounts, exchanged, fault } = workload;
  const keys = new Set([...[...exchanged].filter((key) => !leaving.includes(key)), ...joining]);
  const all: readonly EntryKey[] = [...keys].flatMap((key) => accounts.get(key) ?? []);
  // Every pod of a namespace that names no account has this one.
  const wanted = accountsByNamespace(all.filter(({ name }) => name !== 'default'));
  return fault === undefined ? wanted : onlyHeld(wanted, workload);
}

function onlyHeld(
  wanted: WantedGrants,
  { grants, right }: Pick<WorkloadView, 'grants' | 'right'>,
): WantedGrants {
  const kept = grants
    .filter(({ rights }) => rights.join() === right)
    .map(({ namespace, accounts }) => {
      const names = wanted.get(namespace) ?? [];
      return [namespace, accounts.filter((name) => names.includes(name))] as const;
    });
  return new Map(kept.filter(([, accounts]) => accounts.length > 0));
}

/** What stands in a namespace where nothing can be written stays. */
export function asHeldWhere(
  refused: RefusedGrants,
  { grants }: Pick<WorkloadView, 'grants'>,
  wanted: WantedGrants,
): WantedGrants {
  const held = new Map(grants.map(({ namespace, accounts }) => [namespace, accounts]));
  return new Map(
    [...wanted]
      .map(
        ([namespace, accounts]) =>
          [namespace, refused.has(namespace) ? (held.get(namespace) ?? []) : accounts] as const,
      )
      .filter(([, accounts]) => accounts.length > 0),
  );
}

/** Asked where they alone change. */
export const grantsQuestion = 'Change of which service accounts the agent may make tokens?';

/** Whether the roles say something else than what is wanted. */
export function grantsDiffer(
  { grants, right }: Pick<WorkloadView, 'grants' | 'right'>,
  wanted: WantedGrants,
) {
  return (
    grants.length !== wanted.size ||
    grants.some(
      ({ namespace, accounts, rights }) =>
        rights.join() !== right || accounts.join() !== wanted.get(namespace)?.join(),
    )
  );
}

/** The same for `--dry-run`: one change a namespace. */
export function grantChanges(grants: readonly ExchangeGrant[], wanted: WantedGrants): readonly Change[] {
  const before = new Map(grants.map((grant) => [grant.namespace, grant.accounts]));
  const namespaces = [...new Set([...before.keys(), ...wanted.keys()])].sort();
  return namespaces.flatMap((namespace): Change[] => {
    const [old, next] = [before.get(namespace), wanted.get(namespace)];
    if (old?.join() === next?.join()) {
      return [];
    }
    return [
      {
        action: old === undefined ? 'add' : next === undefined ? 'delete' : 'update',
        kind: 'tokenRole',
        namespace,
        name: null,
        before: old === undefined ? null : { serviceAccounts: old },
        after: next === undefined ? null : { serviceAccounts: next },
      },
    ];
  });
}

/** By namespace why the agent can be given no right there. */
export type RefusedGrants = ReadonlyMap<string, string>;

/** Writes them where they are not so already. @throws as `ExchangeCluster.setGrants` */
export async function grantTokens(
  kube: Pick<ExchangeCluster, 'setGrants'>,
  workload: WorkloadView,
  wanted: WantedGrants,
  signal: AbortSignal,
): Promise<RefusedGrants> {
  return grantsDiffer(workload, wanted)
    ? await kube.setGrants(workload.agent, wanted, workload.right, signal)
    : new Map();
}

/** Why an identity stays as it is: one of its accounts is in such a namespace. */
export function refusalOf(
  { accounts, subject }: Pick<IdentityStanding, 'accounts' | 'subject'>,
  refused: RefusedGrants,
): string | undefined {
  const [first] = accounts.flatMap(({ namespace }) => refused.get(namespace) ?? []);
  return subject === 'agent' || first === undefined ? undefined : `RoleTaken: ${first}`;
}

/** Of those that are to be exchanged by one and not by the other, as `WorkloadView` names them. */
export function keysBy(standings: readonly IdentityStanding[], by: ExchangeSubject): readonly string[] {
  return standings
    .filter(({ subject }) => subject === by)
    .map(({ identity }) => entryText(identity.metadata));
}
