import { credentialOf } from '../../domain/azure/federated-credential.ts';
import { counted } from '../../domain/counted.ts';
import type { Deps } from '../../domain/deps.ts';
import { entryText } from '../../domain/entries/pod-identity.ts';
import type { ExchangeRow } from '../../domain/exchange/exchange-state.ts';
import { azIdentityFlags } from '../../domain/migrate/workload-commands.ts';
import { advice, command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { LeftOut } from './plan-exchange.ts';
import type { ExchangeView } from './read-exchange.ts';
import { type Progress, rowAfter } from './switch-identity.ts';

/** Everything in the order in which it was read, and who was left behind as the command's failure. */
export function enableResult(
  { identities, cluster }: ExchangeView,
  leftOut: readonly LeftOut[],
  progress: readonly Progress[],
) {
  const result = identities.map(({ row, identity }): ExchangeRow => {
    const through = progress.find(({ steps }) => steps.standing.identity === identity);
    const left = leftOut.find((each) => each.row === row);
    const after = through === undefined ? row : rowAfter(through);
    return left === undefined ? after : { ...after, state: stateOf(after), reason: left.reason };
  });
  // A service principal is as it should be; it has never been on the nodes.
  const failed = result.filter(
    ({ source, state }) => source !== 'entra' && state !== 'exchange' && state !== 'imds',
  );
  return { result, cluster, ...(failed.length === 0 ? {} : { failure: incomplete(failed, result.length) }) };
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

function incomplete(failed: readonly ExchangeRow[], all: number): PodidError {
  return new PodidError(
    'ExchangeIncomplete',
    `${failed.length} of ${counted(all, 'identity', 'identities')} ${failed.length === 1 ? 'is' : 'are'} not exchanged: ${failed.map((row) => `${entryText(row)}: ${row.reason ?? row.state}`).join(' ')}`,
    {
      hint: advice`Fix what the reasons name and run the same command again; what is done is not done again.`,
      details: failed.map((row) => ({
        code: (row.reason ?? row.state).split(':')[0] ?? '',
        message: `${entryText(row)}: ${row.reason ?? row.state}`,
      })),
    },
  );
}
