import { noExchangeDefaults, tokenSourceOf } from '../../../domain/exchange/token-source.ts';
import { ownAgent } from '../../../domain/kubernetes/own-agents/own-agents.ts';
import { type Carried, gapsAfterLook } from '../../../domain/takeover/node-gaps.ts';
import { listNodeIdentities } from '../../nodes/list-node-identities.ts';
import { everyLinuxPool } from '../../nodes/node-request.ts';
import type { TakeoverRun } from '../takeover-run.ts';

interface Look {
  /** Ids of identities that pods get from there and that it carries no more, by machine. */
  readonly missing: ReadonlyMap<string, readonly string[]>;
  /** Something is missing that was not before, or is back. */
  readonly isNews: boolean;
}

/** One look at what the machines carry; the gaps that it shows stand in the record of the run, and not yet in the cluster. */
export async function lookAtNodes(run: TakeoverRun): Promise<Look> {
  const missing = await missingOf(run);
  const { stored, written } = run.found;
  const { record } = written;
  const at = new Date(run.deps.clock.now()).toISOString();
  const gaps = gapsAfterLook(record.gaps, missing, { at, before: run.lookedAt ?? record.stepAt });
  run.lookedAt = at;
  run.found = { stored, written: { ...written, record: { ...record, gaps } } };
  return {
    missing: byMachine(missing),
    isNews: JSON.stringify(gaps) !== JSON.stringify(record.gaps),
  };
}

function byMachine(missing: readonly Carried[]): Look['missing'] {
  const found = new Map<string, readonly string[]>();
  for (const { machine, identityId } of missing) {
    found.set(machine, [...(found.get(machine) ?? []), identityId]);
  }
  return found;
}

async function missingOf(run: TakeoverRun): Promise<readonly Carried[]> {
  const { deps, kube, request, found } = run;
  const { objects, machines } = found.written.export;
  const agent = ownAgent(await kube.agent.installations(request.namespace, deps.signal), request.namespace);
  const defaults = agent?.exchange ?? noExchangeDefaults;
  const ofNodes = new Set(
    objects.identities
      .filter((identity) => tokenSourceOf(identity, defaults).kind === 'imds')
      .map(({ spec }) => (spec.resourceID ?? '').toLowerCase()),
  );
  const { result: now } = await listNodeIdentities(
    { ...deps, report: { ...deps.report, progress: () => undefined } },
    { cluster: request.cluster, nodes: everyLinuxPool },
    deps.signal,
  );
  return machines.flatMap(({ resource: machine, identities }) => {
    const there = now.find(({ resource }) => resource.toLowerCase() === machine.toLowerCase());
    // A machine that is gone needs nothing.
    if (there === undefined) {
      return [];
    }
    const carried = new Set(there.identities.map((id) => id.toLowerCase()));
    return identities
      .filter((id) => ofNodes.has(id.toLowerCase()) && !carried.has(id.toLowerCase()))
      .map((identityId) => ({ machine, identityId }));
  });
}
