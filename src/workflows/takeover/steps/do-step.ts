import type { Cluster } from '../../../domain/clusters/cluster.ts';
import { profileFile } from '../../../domain/entries/pod-identities-file.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import { type HoldHead, holdText } from '../../../domain/takeover/hold.ts';
import { marksOf } from '../../../domain/takeover/takeover-export.ts';
import { startDeadline } from '../../../domain/time/deadline.ts';
import { advice } from '../../../errors/hint.ts';
import { isPodidError, PodidError } from '../../../errors/podid-error.ts';
import { disableAddon } from '../../addon/disable-addon.ts';
import { installAgent } from '../../agent/install/install-agent.ts';
import { enableExchange } from '../../exchange/enable-exchange.ts';
import { agentDepsOf, installOf, keep, newHold, standingHold, type TakeoverRun } from '../takeover-run.ts';
import { untilAgents } from './agents-ready.ts';
import { bringObjects, untilAgentsSee } from './bring-objects.ts';
import { giveBackNodes, watchNodes } from './give-back-nodes.ts';
import { differenceSince, holdBrought, holdOn, wholeView } from './held-objects.ts';
import { startProbes } from './probe-pods.ts';
import { reportWarmth } from './report-warmth.ts';

/** What each step does, and the proof that it waits for. Each may have been done already, in whole or in part. */
export const stepActions: Readonly<Record<number, (run: TakeoverRun) => Promise<void>>> = {
  1: installBeside,
  2: exchangeTokens,
  3: holdAndTell,
  4: turnAddonOff,
  5: bringBack,
  6: giveBack,
  7: takePort,
  8: endHold,
};

async function installBeside(run: TakeoverRun): Promise<void> {
  await installAgent(agentDepsOf(run), installOf(run, { alongside: true, force: false }), run.request.wait);
  await untilAgents(run, 'is ready', ({ ready }) => ready);
}

/** What step 2 does to the whole cluster and nobody can take back, to be agreed to; empty where it does nothing of it. */
export async function issuerQuestion(
  { azure, signal }: Pick<TakeoverRun['deps'], 'azure' | 'signal'>,
  { cluster: id, exchanges }: Pick<TakeoverRun['request'], 'cluster' | 'exchanges'>,
  steps: { readonly done: number; readonly until: number },
): Promise<string> {
  if (!exchanges || steps.done >= 2 || steps.until < 2) {
    return '';
  }
  const { oidcIssuer } = await azure.clusters.get(id, signal);
  return oidcIssuer?.url === undefined
    ? `Where identities can be exchanged, step 2 turns on the OIDC issuer of cluster ${id.name}: its API server restarts, and Azure cannot turn the issuer off again; --no-exchange leaves it off. `
    : '';
}

/** What cannot be exchanged stays with the nodes, and is told. */
async function exchangeTokens(run: TakeoverRun): Promise<void> {
  const { deps, request, options } = run;
  if (!request.exchanges) {
    return;
  }
  const { cluster, rehearsal, namespace: agentNamespace } = request;
  const asked = { cluster, identities: undefined, rehearsal, agentNamespace };
  const { done } = await enableExchange(deps, asked, options);
  if (done?.failure !== undefined) {
    deps.report.warn(
      `Not every identity is exchanged; those that are not stay with the nodes. ${done.failure.message}`,
      nextCommand('exchange status', cluster),
    );
  }
}

/** Short of that, the two hours might end before all is back. */
const leastLeftMs = 90 * 60_000;

/** The add-on is on still: what is missing can be seen to, and the run gone on with later. */
async function holdAndTell(run: TakeoverRun): Promise<void> {
  await holdView(run);
  await reportWarmth(run);
}

async function holdView(run: TakeoverRun): Promise<void> {
  // Definitions first: objects of newer ones are not taken for those of older ones.
  run.definitions = await run.kube.takeover.definitionUids(run.deps.signal);
  const objects = await wholeView(run);
  const { record, export: exported } = run.found.written;
  const hold = newHold(run, objects);
  const marks = marksOf(objects);
  const readFrom = `sha256:${hold.sha256}`;
  await keep(run, { record, hold, export: { ...exported, objects, marks, readFrom } });
  await startProbes(run);
  await untilAgentsHold(run, hold);
}

function untilAgentsHold(run: TakeoverRun, { sha256 }: HoldHead): Promise<void> {
  return untilAgents(
    run,
    'holds the view',
    (node) => node.hold === 'holding' && node.holdSha256 === sha256,
    () => differenceSince(run),
  );
}

/** One write of the cluster, with nothing lost meanwhile: what changed since the hold is held first. */
async function turnAddonOff(run: TakeoverRun): Promise<void> {
  const { deps, request, options } = run;
  const cluster = await deps.azure.clusters.get(request.cluster, deps.signal);
  if (!cluster.profile.enabled && cluster.provisioningState === 'Succeeded') {
    return;
  }
  let watch: ReturnType<typeof watchNodes> | undefined;
  // Azure may be at work on it for hours before it takes the write: only then is it seen whether the view is held.
  const beforeWrite = async (current: Cluster) => {
    await watch?.stop();
    await holdAgainWhereNeeded(run);
    await agreeToDisable(run, current);
    watch = watchNodes(run);
  };
  if (!cluster.profile.enabled) {
    await agreeToDisable(run, cluster);
    watch = watchNodes(run);
  }
  const { done } = await disableAddon(
    deps,
    { cluster: request.cluster, unregisterFeature: false, beforeWrite },
    // The objects are what pods go by from now on: none of them is taken away.
    { ...options, mirror: 'off' },
  ).finally(() => watch?.stop());
  if (done?.failure !== undefined) {
    throw done.failure;
  }
}

/**
 * Written down right before Azure is asked: whoever rolls back from now on goes by that the add-on may be off, and a
 * run that a rollback has overtaken ends here.
 *
 * @throws PodidError StaleCluster: somebody else goes on with it, or back
 */
async function agreeToDisable(run: TakeoverRun, cluster: Cluster): Promise<void> {
  const { record, export: exported } = run.found.written;
  const hold = standingHold(run);
  // Entries that came since the plan are given back by a rollback, too.
  const { identities = [], exceptions = [] } = cluster.profile.enabled ? profileFile(cluster) : exported;
  await keep(run, {
    record: { ...record, disabling: true },
    export: { ...exported, identities, exceptions },
    ...(hold === undefined ? {} : { hold }),
  });
}

/** @throws PodidError TakeoverBlocked: what is held anew does not hold either; and those of `wholeView`, `untilAgents` */
async function holdAgainWhereNeeded(run: TakeoverRun): Promise<void> {
  const { report } = run.deps;
  if (await isHeld(run)) {
    return;
  }
  report.note(
    'The objects have changed since they were held, or the hold would end too early: they are held anew.',
  );
  await holdView(run);
  if (!(await isHeld(run))) {
    throw new PodidError(
      'TakeoverBlocked',
      'The objects changed again before every agent held them, or agents took so long to hold them that the hold would end too early. The add-on was not turned off.',
    );
  }
}

/** Whether every agent holds what the cluster has now, in this cluster, for long enough. */
async function isHeld(run: TakeoverRun): Promise<boolean> {
  const { deps, request, found } = run;
  const hold = standingHold(run);
  const sha256 = request.sha256(holdText(await wholeView(run)));
  const lasts = () => hold !== undefined && Date.parse(hold.until) - deps.clock.now() >= leastLeftMs;
  if (
    hold?.sha256 !== sha256 ||
    hold.cluster !== found.written.export.clusterUid ||
    hold.object !== found.stored.uid ||
    !lasts()
  ) {
    return false;
  }
  await untilAgentsHold(run, hold);
  return lasts();
}

/** At once: what pods get from the nodes does not wait for objects, which agents hold. */
async function bringBack(run: TakeoverRun): Promise<void> {
  const [brought, given] = await Promise.allSettled([bringObjects(run), giveBackNodes(run)]);
  if (brought.status === 'rejected') {
    throw brought.reason;
  }
  await holdBrought(run, brought.value);
  if (given.status === 'rejected') {
    throw given.reason;
  }
  await untilAgentsSee(run);
}

async function giveBack(run: TakeoverRun): Promise<void> {
  await holdOn(run);
  await giveBackNodes(run);
}

/** As soon as the add-on's agent has let go of it. Where AKS leaves it behind, podid's takes its place. */
async function takePort(run: TakeoverRun): Promise<void> {
  await holdOn(run);
  const { deps, kube, request } = run;
  const deadline = startDeadline(deps.clock, untilLeftMs, deps.signal);
  const isThere = async () =>
    (await kube.agent.installations(request.namespace, deps.signal)).some(({ kind }) => kind === 'addon');
  while ((await isThere()) && !deadline.passed()) {
    deps.report.progress("Waiting until AKS takes the add-on's agent away");
    await deadline.pause(request.wait.intervalMs);
  }
  const force = await isThere();
  await installAgent(agentDepsOf(run), installOf(run, { alongside: false, force }), request.wait);
  await untilAgents(run, 'is ready at the usual port', ({ ready }) => ready);
}

const untilLeftMs = 120_000;

/** What is there counts by itself again; what AKS took away after it was back already is put back first. */
async function endHold(run: TakeoverRun): Promise<void> {
  await holdBrought(run, await bringObjects(run));
  await untilAgentsSee(run);
  await giveBackNodes(run);
  const { record, export: exported } = run.found.written;
  await keep(run, { record, export: exported });
  await untilAgents(run, 'has ended the hold', ({ hold }) => hold === 'none');
}

/** The command that goes on where this one ended, in every failure of a step. */
export function withWayOn(error: unknown, step: number, { request }: TakeoverRun): unknown {
  if (!isPodidError(error) || error.code === 'Interrupted' || error.code === 'Terminated') {
    return error;
  }
  const { code, message, hint, details } = error;
  const again = nextCommand('takeover apply', request.cluster).again();
  return new PodidError(code, `Step ${step} of the takeover: ${message}`, {
    hint:
      hint === undefined
        ? advice`${again}  # goes on from there`
        : advice`${hint.withoutFullStop()}. Then, to go on from there: ${again}`,
    details,
    cause: error,
  });
}
