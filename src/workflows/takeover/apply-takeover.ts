import { counted } from '../../domain/counted.ts';
import type { Deps } from '../../domain/deps.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import type { AgentInstallation } from '../../domain/kubernetes/agent-installation.ts';
import { ownAgent } from '../../domain/kubernetes/own-agents/own-agents.ts';
import type { ConnectedCluster } from '../../domain/kubernetes/workloads.ts';
import type { TakeoverExport } from '../../domain/takeover/takeover-export.ts';
import { recordVersion, type TakeoverRecord } from '../../domain/takeover/takeover-record.ts';
import { lastTakeoverStep, takeoverSteps } from '../../domain/takeover/takeover-steps.ts';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { ChangeOptions } from '../change/start-change.ts';
import { settingsOf } from './agent-settings.ts';
import { gatherTakeover } from './gather-takeover.ts';
import { planFacts } from './plan-takeover.ts';
import { issuerQuestion, stepActions, withWayOn } from './steps/do-step.ts';
import { removeProbes } from './steps/make-probes.ts';
import { readProof, reviveProbes } from './steps/probe-pods.ts';
import { dataOf, keep, standingHold, type TakeoverRequest, type TakeoverRun } from './takeover-run.ts';
import {
  type FoundTakeover,
  readTakeover,
  statusOf,
  type TakeoverStatus,
  whereOf,
} from './takeover-status.ts';

export interface ApplyRequest extends TakeoverRequest {
  /** The file of the plan; needed to begin, and not to go on. */
  readonly file: TakeoverExport | undefined;
  /** No step after this one. */
  readonly until: number;
}

/** Probes ask from here on. */
const firstProbed = 3;
const lastProbed = 7;

/**
 * Steps 1 to 8, each with its proof before the next. What is done is written down, so that a run that was killed goes on
 * where it was.
 *
 * @returns undefined when the question was answered by No
 * @throws PodidError TakeoverBlocked | TakeoverUnusable | StaleCluster, and those of the commands that it stands on
 */
export async function applyTakeover(
  deps: Omit<Deps, 'deadline'>,
  request: ApplyRequest,
  options: ChangeOptions,
): Promise<TakeoverStatus | undefined> {
  const kube = await deps.kube.connect(deps.signal);
  const begun = await readTakeover(kube, request, deps.signal);
  const goesOn = begun?.written.record.state === 'under-way';
  if (begun?.written.record.state === 'done') {
    deps.report.note('The takeover is done already.');
    return statusOf(begun.written, request);
  }
  if (goesOn && begun.written.record.rollingBack !== undefined) {
    throw new PodidError('TakeoverBlocked', 'A rollback of this takeover is under way.', {
      hint: advice`${nextCommand('takeover rollback', request.cluster, whereOf(request))} goes on with it; afterwards a takeover can be begun anew`,
    });
  }
  const planned = goesOn ? undefined : await checkPlan(deps, kube, request);
  const steps = { done: goesOn ? begun.written.record.step : 0, until: request.until };
  const agents = planned?.agents ?? (await kube.agent.installations(request.namespace, deps.signal));
  const values = settingsOf(agents, request, { word: 'apply', isBegun: goesOn });
  const first = await issuerQuestion(deps, request, steps);
  if (!(await deps.confirm(`${first}${question(request, begun, planned)}`))) {
    return undefined;
  }
  const agreed = { ...deps, confirm: async () => true };
  const found = planned === undefined ? begun : await begin(agreed, kube, { request, planned, begun });
  if (found === undefined) {
    return undefined;
  }
  const run: TakeoverRun = { deps: agreed, kube, request, options, values, found };
  while (run.found.written.record.step < Math.min(request.until, lastTakeoverStep)) {
    await doNext(run);
  }
  reportCleanUp(run);
  return statusOf(run.found.written, request);
}

/** @throws PodidError TakeoverBlocked: something blocks it, or the cluster is not as the file has it */
async function checkPlan(
  deps: Omit<Deps, 'deadline'>,
  kube: ConnectedCluster,
  request: ApplyRequest,
): Promise<Planned> {
  const { file, cluster } = request;
  const anew = nextCommand('takeover plan', cluster, { ...whereOf(request), out: 'takeover.yaml' });
  if (file === undefined) {
    throw new PodidError(
      'TakeoverBlocked',
      'No takeover is under way, and without the file of a plan none is begun.',
      {
        hint: anew,
      },
    );
  }
  const facts = await gatherTakeover(deps, kube, request);
  const { blockers: found, export: now } = planFacts(facts, { ...request, file: undefined });
  const blockers = found.filter(
    ({ code }) => code !== 'AgentValuesUnknown' || request.values.are !== 'a whole file',
  );
  const [first] = blockers;
  if (first !== undefined) {
    throw new PodidError('TakeoverBlocked', `${first.code}: ${first.message}`, {
      hint: first.hint,
      details: blockers.map(({ code, message }) => ({ code, message })),
    });
  }
  if (JSON.stringify(comparable(file, file)) !== JSON.stringify(comparable(now, file))) {
    throw new PodidError(
      'TakeoverBlocked',
      "The cluster is not as the file has it: entries or objects have changed since, or podid's agent has come or gone, or the file is of another cluster.",
      { hint: anew },
    );
  }
  return { export: now, agents: facts.agents };
}

/** What is to be taken over, and which agents are there. */
interface Planned {
  readonly export: TakeoverExport;
  readonly agents: readonly AgentInstallation[];
}

/** The machines come and go by themselves, with the autoscaler. A file of an earlier podid does not know the agent. */
function comparable(
  { cluster, clusterUid, identities, exceptions, readFrom, before }: TakeoverExport,
  file: TakeoverExport,
) {
  const named = JSON.stringify(cluster).toLowerCase();
  const agent = file.before === undefined ? undefined : before?.agent;
  return { named, clusterUid, identities, exceptions, readFrom, agent };
}

function question(
  { cluster, until }: ApplyRequest,
  begun: FoundTakeover | undefined,
  planned: Planned | undefined,
): string {
  if (planned === undefined) {
    const step = begun?.written.record.step ?? 0;
    return `Go on with the takeover of cluster ${cluster.name} after step ${step} of ${lastTakeoverStep}?`;
  }
  const entries = counted(planned.export.identities.length, 'pod identity', 'pod identities');
  const end = until < 4 ? `The add-on stays on: it ends with step ${until}.` : 'The add-on is turned off.';
  return `Take cluster ${cluster.name} (${entries}) over from the add-on to podid's own agent? ${end}`;
}

async function begin(
  { clock, signal }: Omit<Deps, 'deadline'>,
  kube: ConnectedCluster,
  of: {
    readonly request: ApplyRequest;
    readonly planned: Planned;
    readonly begun: FoundTakeover | undefined;
  },
): Promise<FoundTakeover> {
  const { request, planned, begun } = of;
  const at = new Date(clock.now()).toISOString();
  const record: TakeoverRecord = {
    version: recordVersion,
    state: 'under-way',
    step: 0,
    begunAt: at,
    stepAt: at,
    proofs: {},
    gaps: [],
    ...(ownAgent(planned.agents, request.namespace) === undefined ? {} : { agentWasThere: true }),
  };
  const place = begun?.stored ?? { namespace: request.namespace };
  const { export: exported } = planned;
  const stored = await kube.takeover.write(place, dataOf({ record, export: exported }), signal);
  return { stored, written: { record, export: exported } };
}

async function doNext(run: TakeoverRun): Promise<void> {
  const { deps } = run;
  const step = run.found.written.record.step + 1;
  deps.report.note(`${step} of ${lastTakeoverStep}: ${takeoverSteps[step]}`);
  try {
    if (step > firstProbed && step <= lastProbed) {
      await reviveProbes(run);
    }
    await stepActions[step]?.(run);
    await settleStep(run, step);
  } catch (error) {
    throw withWayOn(error, step, run);
  }
}

/** Its figures, and that it is done, in one write. */
async function settleStep(run: TakeoverRun, step: number): Promise<void> {
  const isMeasured = run.request.probes && step >= firstProbed && step <= lastProbed;
  const measured = isMeasured ? await readProof(run, step) : undefined;
  if (step > lastProbed) {
    await removeProbes(run);
  }
  const { record, export: exported } = run.found.written;
  const hold = standingHold(run);
  await keep(run, {
    record: {
      ...record,
      step,
      state: step === lastTakeoverStep ? 'done' : 'under-way',
      stepAt: new Date(run.deps.clock.now()).toISOString(),
      proofs: { ...record.proofs, ...(measured === undefined ? {} : { [step]: measured.proof }) },
      probes: measured?.probes ?? record.probes ?? [],
    },
    export: exported,
    ...(hold === undefined ? {} : { hold }),
  });
  if (step === lastProbed) {
    await removeProbes(run);
  }
}

/** Step 8, as far as it is people's to do. */
function reportCleanUp({ deps, request, found }: TakeoverRun): void {
  if (found.written.record.state !== 'done') {
    return;
  }
  const { report } = deps;
  report.note(
    advice`Entries are changed with --mode cluster from now on: ${nextCommand('list', request.cluster, { mode: 'cluster' })}`,
  );
  report.note(
    advice`Left over, and yours to take away: the cluster's roles Managed Identity Operator on the identities (${nextCommand('cluster show', request.cluster)} shows them); identities on the nodes that are all exchanged (${nextCommand('exchange status', request.cluster)}), which ${nextCommand('node unassign', request.cluster)} takes off`,
  );
}
