import { credentialOf } from '../../domain/azure/federated-credential.ts';
import type { ClusterId } from '../../domain/clusters/cluster.ts';
import { counted } from '../../domain/counted.ts';
import type { Deps } from '../../domain/deps.ts';
import { entryText } from '../../domain/entries/pod-identity.ts';
import type { ExchangeRow } from '../../domain/exchange/exchange-state.ts';
import { reasonHint } from '../../domain/exchange/reason-hints.ts';
import { eachNextStep } from '../../domain/hints/each-next-step.ts';
import { azIdentityFlags } from '../../domain/migrate/workload-commands.ts';
import { advice, command, type Hint } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { LeftOut } from './plan-exchange.ts';
import type { ExchangeView, IdentityStanding } from './read-exchange.ts';
import { type Progress, rowAfter } from './switch-identity.ts';

/** Everything in the order in which it was read, and who was left behind as the command's failure. */
export function enableResult(
  { identities, cluster }: ExchangeView,
  leftOut: readonly LeftOut[],
  progress: readonly Progress[],
) {
  const ends = identities.map((standing) => {
    const { row, identity } = standing;
    const through = progress.find(({ steps }) => steps.standing.identity === identity);
    const left = leftOut.find((each) => each.row === row);
    const after = through === undefined ? row : rowAfter(through);
    const end: ExchangeRow =
      left === undefined ? after : { ...after, state: stateOf(after), reason: left.reason };
    const told = left?.hint ?? through?.hint;
    return { row: end, hint: told ?? leftHint(cluster.id, standing, end.reason ?? '') };
  });
  // A service principal is as it should be; it has never been on the nodes.
  const failed = ends.filter(
    ({ row: { source, state } }) => source !== 'entra' && state !== 'exchange' && state !== 'imds',
  );
  return {
    result: ends.map(({ row }) => row),
    cluster,
    ...(failed.length === 0 ? {} : { failure: incomplete(failed, ends.length) }),
  };
}

/** What to do about a reason that no failure of this run has brought. */
function leftHint(cluster: ClusterId, standing: IdentityStanding, reason: string): Hint | undefined {
  const { row, identity, known } = standing;
  const { namespace, name } = row;
  const asked = known?.kind === 'unread' && reason.startsWith(`${known.code}:`) ? known.hint : undefined;
  return (
    asked ?? reasonHint(reason, { cluster, namespace, name, resourceId: identity.spec.resourceID ?? '' })
  );
}

/** On a dry run. */
export function reportLeftOut(
  { report }: Pick<Deps, 'report'>,
  { cluster, identities }: ExchangeView,
  leftOut: readonly LeftOut[],
): void {
  for (const { row, reason, hint } of leftOut) {
    const standing = identities.find((each) => each.row === row);
    const next = hint ?? (standing && leftHint(cluster.id, standing, reason));
    report.warn(`${entryText(row)} stays as it is. ${reason}`, next);
  }
}

/** Of what is exchanged by its pods' accounts: who has the agent's own token still gets it, wherever its pods run. */
export function warnOfAgentsTrust(
  { report }: Pick<Deps, 'report'>,
  { identities, basis: { trust } }: ExchangeView,
  rows: readonly ExchangeRow[],
): void {
  const exchanged = new Set(rows.filter(({ state }) => state === 'exchange').map(entryText));
  for (const { identity, row, known, subject } of identities) {
    const found =
      trust === undefined || known?.kind !== 'read' ? undefined : credentialOf(known.credentials, trust);
    if (found !== undefined && subject === 'workload' && exchanged.has(entryText(row))) {
      report.warn(
        `${entryText(row)}: the managed identity still trusts the agent's account, too, by federated credential ${found.name}, so that root of any node gets its tokens.`,
        advice`When nothing else is exchanged by it: ${command('az identity federated-credential delete --name', found.name, ...azIdentityFlags(identity.spec.resourceID ?? ''))}`,
      );
    }
  }
}

function stateOf({ state, source }: ExchangeRow): ExchangeRow['state'] {
  return state === 'imds' && source === 'imds' ? 'blocked' : state;
}

interface End {
  readonly row: ExchangeRow;
  readonly hint: Hint | undefined;
}

function incomplete(failed: readonly End[], all: number): PodidError {
  const reasonOf = ({ row }: End) => row.reason ?? row.state;
  return new PodidError(
    'ExchangeIncomplete',
    `${failed.length} of ${counted(all, 'identity', 'identities')} ${failed.length === 1 ? 'is' : 'are'} not exchanged: ${failed.map((end) => `${entryText(end.row)}: ${reasonOf(end)}`).join(' ')}`,
    {
      hint: eachNextStep(failed.map(({ row, hint }) => ({ what: entryText(row), hint }))),
      details: failed.map((end) => ({
        code: reasonOf(end).split(':')[0] ?? '',
        message: `${entryText(end.row)}: ${reasonOf(end)}`,
      })),
    },
  );
}
