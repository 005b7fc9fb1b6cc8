import { counted } from '../../../domain/counted.ts';
import type { Deps } from '../../../domain/deps.ts';
import { entryText } from '../../../domain/entries/pod-identity.ts';
import type { ExchangeCluster } from '../../../domain/exchange/exchange-cluster.ts';
import type { ExchangeRow } from '../../../domain/exchange/exchange-state.ts';
import { eachNextStep } from '../../../domain/hints/each-next-step.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import { eachConcurrently } from '../../../domain/time/each-concurrently.ts';
import { command, type Hint } from '../../../errors/hint.ts';
import { isPodidError, PodidError } from '../../../errors/podid-error.ts';
import type { Outcome } from '../../change/outcome.ts';
import { type ChangeDeps, type ChangeOptions, endOfWait, startChange } from '../../change/start-change.ts';
import { checkChoice } from '../check-agent.ts';
import {
  grantChanges,
  grantsDiffer,
  grantsQuestion,
  grantTokens,
  keysBy,
  wantedGrants,
} from '../grant-tokens.ts';
import {
  type ExchangeQuestion,
  type ExchangeView,
  managedIdentityOf,
  narrowTo,
  readExchange,
} from '../read-exchange.ts';
import { warnOfMissing } from './missing-on-nodes.ts';
import { type BackSteps, disableChanges, planDisable } from './plan-disable.ts';
import { readNativeUsers } from './read-native-users.ts';

export interface DisableRequest extends ExchangeQuestion {
  /** Also takes away podid's own federated credentials, of identities that nobody else has exchanged. */
  readonly revokeTrust: boolean;
}

/** What of `--revoke-trust` nobody can see is not taken for none. */
function warnOfUnread({ report }: Pick<Deps, 'report'>, { identities }: ExchangeView): void {
  for (const { row, known } of identities) {
    if (known?.kind === 'unread' && !known.gone) {
      report.warn(
        `${entryText(row)}: its federated credentials cannot be read, and those of podid's own, where there are any, stay: ${known.message}`,
        known.hint,
      );
    }
  }
}

interface Back {
  readonly steps: BackSteps;
  isSwitched: boolean;
  isRevoked: boolean;
  failure?: string;
  hint?: Hint | undefined;
}

/**
 * Has identities served by the nodes' IMDS again; the agents see it at once. Federated credentials stay, unless they are
 * to go: then after the switch.
 *
 * @throws PodidError EntryNotFound | ExchangeUnavailable before anything is sent
 */
export async function disableExchange(
  deps: Omit<Deps, 'deadline'>,
  request: DisableRequest,
  options: ChangeOptions,
): Promise<Outcome<readonly ExchangeRow[]>> {
  const started = startChange(deps, { ...options, mirror: 'off' });
  const kube = await deps.kube.connect(deps.signal);
  const { cluster, agentNamespace } = request;
  const everything = { cluster, identities: undefined, leftovers: true, agentNamespace };
  const all = await readExchange(deps, kube, everything);
  if (request.revokeTrust) {
    checkChoice(all, (namespace) => command('podid exchange disable --agent-namespace', namespace).again());
  }
  const view = narrowTo(all, request.identities);
  const natives = request.revokeTrust ? await readNativeUsers(kube, all, deps.signal) : undefined;
  const { steps, kept } = planDisable(view, all, natives);
  for (const { credential, subject, why, ...key } of kept) {
    deps.report.note(
      `${entryText(key)}: federated credential ${credential} of ${subject} stays: ${why}, and may sign in by it without the agent.`,
    );
  }
  const switching = steps.filter(({ switches }) => switches).map(({ standing }) => standing);
  await warnOfMissing(deps, view, switching);
  if (request.revokeTrust) {
    warnOfUnread(deps, view);
  }
  if (options.dryRun) {
    const leaving = keysBy(switching, 'workload');
    const grants =
      all.workload === undefined
        ? []
        : grantChanges(all.workload.grants, wantedGrants(all.workload, { leaving }));
    return { plan: { changes: [...steps.flatMap(disableChanges), ...grants], puts: 0 } };
  }
  const rows = view.identities.map(({ row }) => row);
  // A run that was killed before it came to the rights has no identity left to switch.
  const isSettled = all.workload === undefined || !grantsDiffer(all.workload, wantedGrants(all.workload, {}));
  if (steps.length === 0 && isSettled) {
    deps.report.note('Nothing to change: no such identity is exchanged.');
    return { done: { result: rows, cluster: view.cluster } };
  }
  if (!(await deps.confirm(question(steps)))) {
    return { done: { result: rows, cluster: view.cluster } };
  }
  const backs = steps.map((each): Back => ({ steps: each, isSwitched: !each.switches, isRevoked: false }));
  await bringBack(started, kube.exchange, view, backs);
  if (all.workload !== undefined) {
    const leaving = keysBy(
      backs.filter(({ isSwitched }) => isSwitched).map(({ steps: each }) => each.standing),
      'workload',
    );
    // Only now: an account that loses its right first would get no tokens until the switch.
    const wanted = wantedGrants(all.workload, { leaving });
    for (const reason of (await grantTokens(kube.exchange, all.workload, wanted, deps.signal)).values()) {
      deps.report.warn(reason);
    }
  }
  const result = view.identities.map(({ row, identity }) => {
    const back = backs.find(({ steps: { standing } }) => standing.identity === identity);
    return back === undefined ? row : rowAfter(back);
  });
  const failed = backs.filter(({ failure }) => failure !== undefined);
  const failure = failed.length === 0 ? {} : { failure: incomplete(failed, steps.length) };
  return { done: { result, cluster: view.cluster, ...failure } };
}

function question(steps: readonly BackSteps[]): string {
  if (steps.length === 0) {
    return grantsQuestion;
  }
  const names = steps.map(({ standing }) => entryText(standing.row));
  const shown =
    names.length <= 5 ? names.join(', ') : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`;
  const gone = steps.flatMap(({ credentials }) => credentials).length;
  const revoked = gone === 0 ? '' : ` Federated credentials to delete: ${gone}.`;
  return `Get the tokens of ${shown} from the nodes (IMDS) again? Each identity has to be on the nodes of its pods.${revoked}`;
}

async function bringBack(
  deps: ChangeDeps,
  kube: Pick<ExchangeCluster, 'setTokenSource'>,
  { cluster }: ExchangeView,
  backs: readonly Back[],
): Promise<void> {
  deps.report.progress('Bringing identities back to the nodes');
  try {
    await deps.deadline.within(async (signal) => {
      await eachConcurrently(backs, (back) =>
        keepFailure(back, signal, () => switchBack(kube, back, signal)),
      );
      await eachConcurrently(backs, (back) =>
        keepFailure(back, signal, () => revoke(deps, backs, back, signal)),
      );
    });
  } catch (error) {
    const switched = backs
      .filter(({ isSwitched }) => isSwitched)
      .map(({ steps }) => entryText(steps.standing.row));
    const served =
      switched.length === 0 ? 'No identity was switched.' : `Served by the nodes: ${switched.join(', ')}.`;
    const going = [served, ...reasonsOf(backs)].join(' ');
    throw endOfWait(deps, error, going, nextCommand('exchange disable', cluster.id).again());
  }
}

async function keepFailure(back: Back, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isPodidError(error) || error === signal.reason) {
      throw error;
    }
    // Also where the time is up: it is the reason that it was not enough.
    back.failure = `${error.code}: ${error.message}`;
    back.hint = error.hint;
    signal.throwIfAborted();
  }
}

function reasonsOf(backs: readonly Back[]): readonly string[] {
  return backs.flatMap(({ steps, failure }) =>
    failure === undefined ? [] : [`${entryText(steps.standing.row)}: ${failure}`],
  );
}

async function switchBack(
  kube: Pick<ExchangeCluster, 'setTokenSource'>,
  back: Back,
  signal: AbortSignal,
): Promise<void> {
  if (!back.isSwitched) {
    await kube.setTokenSource(back.steps.standing.identity, { name: 'imds' }, signal);
    back.isSwitched = true;
  }
}

/** Not while an object of the same managed identity could not be switched. */
async function revoke(
  { azure }: Pick<ChangeDeps, 'azure'>,
  all: readonly Back[],
  back: Back,
  signal: AbortSignal,
): Promise<void> {
  const { standing, credentials } = back.steps;
  const managed = managedIdentityOf(standing.identity);
  const isNeeded = all.some(
    ({ steps, isSwitched }) => !isSwitched && managedIdentityOf(steps.standing.identity) === managed,
  );
  for (const credential of isNeeded ? [] : credentials) {
    await azure.federatedCredentials.remove(standing.identity.spec.resourceID ?? '', credential, signal);
    back.isRevoked = true;
  }
}

function rowAfter({ steps, isSwitched, isRevoked, failure }: Back): ExchangeRow {
  const { reason, ...row } = steps.standing.row;
  if (!isSwitched) {
    return {
      ...row,
      ...(failure === undefined ? (reason === undefined ? {} : { reason }) : { reason: failure }),
    };
  }
  const trusted = !isRevoked && (row.state === 'exchange' || row.state === 'trusted');
  return {
    ...row,
    source: 'imds',
    state: trusted ? 'trusted' : 'imds',
    ...(failure === undefined ? {} : { reason: failure }),
  };
}

function incomplete(failed: readonly Back[], all: number): PodidError {
  const told = reasonsOf(failed);
  return new PodidError(
    'ExchangeIncomplete',
    `${failed.length} of ${counted(all, 'identity', 'identities')} ${failed.length === 1 ? 'is' : 'are'} not as wanted: ${told.join(' ')}`,
    {
      hint: eachNextStep(failed.map(({ steps, hint }) => ({ what: entryText(steps.standing.row), hint }))),
      details: told.map((message) => ({ message })),
    },
  );
}
