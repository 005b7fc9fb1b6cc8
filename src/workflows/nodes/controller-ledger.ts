import type { Machine } from '../../domain/azure/machines.ts';
import { sameResource } from '../../domain/azure/resource-id.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import type { StandardMode } from '../../domain/standard-mode/controller.ts';
import { ownedIn } from '../../domain/standard-mode/ledger-state.ts';
import { advice, command } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import { findLeader } from '../object-store/controller-side.ts';

type Connecting = Pick<Deps, 'kube' | 'clock' | 'report' | 'signal'>;

/** What podid-mic's ledger says it put on these machines. */
interface Owned {
  readonly machine: Machine;
  readonly identityIds: readonly string[];
}

/**
 * Whoever puts an identity on a machine by hand wants it to stay: what podid-mic had put there is taken out of its
 * ledger. Where the cluster cannot be reached that is said, since the command has done its work all the same.
 *
 * @param machines that carry some of them already
 */
export async function keepFromController(
  deps: Connecting,
  machines: readonly Machine[],
  identityIds: readonly string[],
  dryRun: boolean,
): Promise<void> {
  await beside(deps, async (mode) => {
    const owned = ownedOn(await mode.ledger(deps.signal), machines, identityIds);
    if (owned.length === 0) {
      return;
    }
    if (!dryRun) {
      await mode.disown(...wordsOf(owned), deps.signal);
    }
    deps.report.note(
      `podid-mic had put there itself: ${textOf(owned)}. ${dryRun ? 'It would stay' : 'It stays from now on'} until "podid node unassign" takes it off.`,
    );
  });
}

/** What was taken off by hand is not podid-mic's any more, should somebody put it there again. */
export async function forgetInLedger(
  deps: Connecting,
  machines: readonly Machine[],
  identityIds: readonly string[],
): Promise<void> {
  await beside(deps, async (mode) => {
    const owned = ownedOn(await mode.ledger(deps.signal), machines, identityIds);
    if (owned.length > 0) {
      await mode.disown(...wordsOf(owned), deps.signal);
    }
  });
}

/**
 * Says what podid-mic will put there again, because pods need it: it would be taken off in vain. That the cluster could
 * not be read is said by `forgetInLedger`.
 */
export async function warnOfPutBack(
  deps: Connecting,
  cluster: Cluster,
  identityIds: readonly string[],
): Promise<void> {
  const { kube, signal } = deps;
  await beside({ kube, signal }, async (mode) => {
    const leader = await findLeader({ standardMode: mode }, deps.clock, deps.signal);
    const assigned = leader?.program === 'podid-mic' ? await mode.assignments(deps.signal) : [];
    const needed = assigned.filter(({ spec }) =>
      identityIds.some((id) => sameResource(id, spec.azureIdentityRef?.spec.resourceID ?? '')),
    );
    if (needed.length > 0) {
      const pods = new Set(needed.map(({ spec }) => `${spec.podNamespace}/${spec.pod}`));
      deps.report.warn(
        `podid-mic of cluster ${cluster.id.name} leads, and puts back within minutes what the machines of these pods need: ${[...pods].sort().join(', ')}.`,
        advice`Delete the entry or the pods first. To see the entries: ${nextCommand('list', cluster.id, { mode: 'cluster' })}`,
      );
    }
  });
}

/**
 * Refuses to take from under podid-mic what it has put on machines. Without a leader nobody would take it off.
 *
 * @throws PodidError IdentityInUse | Forbidden | ClusterUnreachable
 */
export async function refuseManaged(
  { kube, clock, signal }: Pick<Deps, 'kube' | 'clock' | 'signal'>,
  cluster: Cluster,
  machines: readonly Machine[],
  identityIds: readonly string[],
): Promise<void> {
  const api = await kube.objects(signal);
  const leader = await findLeader(api, clock, signal);
  if (api.standardMode === undefined || leader?.program !== 'podid-mic') {
    return;
  }
  const owned = ownedOn(await api.standardMode.ledger(signal), machines, identityIds);
  const [first] = owned;
  if (first === undefined) {
    return;
  }
  throw new PodidError(
    'IdentityInUse',
    `podid-mic of cluster ${cluster.id.name} has put there itself: ${textOf(owned)}. It takes an identity off by itself once no pod has needed it for its --removal-delay, ten minutes unless it is set.`,
    {
      hint: advice`${command('podid-mic plan')}  # shows what is due; --force takes it off now`,
      target: first.identityIds[0],
    },
  );
}

function ownedOn(
  ledger: Parameters<typeof ownedIn>[0],
  machines: readonly Machine[],
  identityIds: readonly string[],
): Owned[] {
  return machines.flatMap((machine) => {
    const keys = ownedIn(ledger, machine.resourceId.toLowerCase());
    const its = identityIds.filter((id) => keys.has(id.toLowerCase()));
    return its.length === 0 ? [] : [{ machine, identityIds: its }];
  });
}

function wordsOf(owned: readonly Owned[]): [machineIds: string[], identityIds: string[]] {
  return [
    owned.map(({ machine }) => machine.resourceId),
    [...new Set(owned.flatMap(({ identityIds }) => identityIds))],
  ];
}

function textOf(owned: readonly Owned[]): string {
  const names = (ids: readonly string[]) => ids.map((id) => id.split('/').at(-1)).join(', ');
  return owned.map(({ machine, identityIds }) => `${names(identityIds)} on ${machine.name}`).join('; ');
}

async function beside(
  { kube, report, signal }: Pick<Connecting, 'kube' | 'signal'> & Partial<Pick<Connecting, 'report'>>,
  work: (mode: StandardMode) => Promise<void>,
): Promise<void> {
  try {
    const { standardMode } = await kube.objects(signal);
    if (standardMode !== undefined) {
      await work(standardMode);
    }
  } catch (error) {
    if (signal.aborted || !isPodidError(error)) {
      throw error;
    }
    report?.note(
      `Whether podid-mic had put some of these identities there itself was not seen, and it takes off what it put there: ${error.message}`,
    );
  }
}
