import type { Deps } from '../../domain/deps.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import type { AgentInstallation } from '../../domain/kubernetes/agent-installation.ts';
import { ownAgent } from '../../domain/kubernetes/own-agents/own-agents.ts';
import type { ConnectedCluster } from '../../domain/kubernetes/workloads.ts';
import { stoodByItself } from '../../domain/takeover/stood-before.ts';
import type { StoredTakeover } from '../../domain/takeover/takeover-cluster.ts';
import type { TakeoverExport } from '../../domain/takeover/takeover-export.ts';
import {
  recordVersion,
  type TakeoverRecord,
  type WrittenTakeover,
} from '../../domain/takeover/takeover-record.ts';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { readOr } from '../doctor/probe.ts';
import { type AgentSettings, settingsOf } from './agent-settings.ts';
import { gatherTakeover } from './gather-takeover.ts';
import { planFacts } from './plan-takeover.ts';
import type { TakeoverRequest } from './takeover-run.ts';
import { readTakeover, whereOf } from './takeover-status.ts';

export interface ApplyRequest extends TakeoverRequest {
  /** The file of the plan; needed to begin, and not to go on. */
  readonly file: TakeoverExport | undefined;
  /** No step after this one. */
  readonly until: number;
}

/** A takeover as it is found, or as it is to be begun. */
export interface ReadyToApply {
  readonly kube: ConnectedCluster;
  readonly state: 'new' | 'under-way' | 'done';
  /** The ConfigMap; undefined where there is none. A new one may find that of a takeover that was rolled back. */
  readonly stored: StoredTakeover | undefined;
  readonly written: WrittenTakeover;
  /** With what podid's agent is installed. */
  readonly values: AgentSettings;
}

/** All that may refuse it before anybody is asked for leave; writes nothing. @throws PodidError as `applyTakeover` */
export async function readyToApply(
  deps: Omit<Deps, 'deadline'>,
  request: ApplyRequest,
): Promise<ReadyToApply> {
  const kube = await deps.kube.connect(deps.signal);
  const begun = await readTakeover(kube, request, deps.signal);
  if (begun?.written.record.state === 'done') {
    deps.report.note('The takeover is done already.');
    return { kube, state: 'done', ...begun, values: {} };
  }
  if (begun?.written.record.state !== 'under-way') {
    const planned = await checkPlan(deps, kube, request);
    const values = settingsOf(planned.agents, request, { word: 'apply', isBegun: false });
    const written = writtenFor(planned, request, deps.clock);
    return { kube, state: 'new', stored: begun?.stored, written, values };
  }
  if (begun.written.record.rollingBack !== undefined) {
    throw new PodidError('TakeoverBlocked', 'A rollback of this takeover is under way.', {
      hint: advice`${nextCommand('takeover rollback', request.cluster, whereOf(request))}  # goes on with it; afterwards a takeover can be begun anew`,
    });
  }
  const agents = await kube.agent.installations(request.namespace, deps.signal);
  const values = settingsOf(agents, request, { word: 'apply', isBegun: true });
  return { kube, state: 'under-way', ...begun, values };
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
  if (now.kind === 'unread') {
    throw now.error;
  }
  if (JSON.stringify(comparable(file, file)) !== JSON.stringify(comparable(now.value, file))) {
    throw new PodidError(
      'TakeoverBlocked',
      "The cluster is not as the file has it: entries or objects have changed since, or podid's agent has come or gone, or the file is of another cluster.",
      { hint: anew },
    );
  }
  return { export: now.value, agents: readOr(facts.agents, []) };
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

/** As it is written down before the first step. */
function writtenFor(
  { agents, export: exported }: Planned,
  { namespace }: Pick<ApplyRequest, 'namespace'>,
  clock: Deps['clock'],
): WrittenTakeover {
  const at = new Date(clock.now()).toISOString();
  const record: TakeoverRecord = {
    version: recordVersion,
    state: 'under-way',
    step: 0,
    begunAt: at,
    stepAt: at,
    proofs: {},
    gaps: [],
    ...(stoodByItself(ownAgent(agents, namespace)) ? { agentWasThere: true } : {}),
  };
  return { record, export: exported };
}
