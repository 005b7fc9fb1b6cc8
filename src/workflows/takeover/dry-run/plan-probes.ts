import { ownAgent } from '../../../domain/kubernetes/own-agents/own-agents.ts';
import type { TakeoverProbe } from '../../../domain/takeover/takeover-record.ts';
import { eachConcurrently } from '../../../domain/time/each-concurrently.ts';
import { leadingBindings, probedBinding } from '../steps/leading-bindings.ts';
import { lookAtProbe } from '../steps/look-at-probe.ts';
import { probesOf } from '../steps/make-probes.ts';
import type { TakeoverRun } from '../takeover-run.ts';
import { type LeftStep, nothingToWrite, objectChange, type StepPlan } from './step-plan.ts';

/** Probe pods that the step makes: the first of 3 to 7 that is left; and takes away: the first of 7 and 8. */
export async function planProbes({ run, step, left }: LeftStep): Promise<StepPlan> {
  const isFirst = step === left.find((each) => each >= 3 && each <= 7);
  const isLast = step === left.find((each) => each >= 7);
  if (!isFirst && !isLast) {
    return nothingToWrite;
  }
  const standing = await standingProbes(run);
  const isMade = run.request.probes && left.some((each) => each >= 3 && each <= 7);
  const made = isMade ? await newProbes(run, { standing, left }) : [];
  const added = made.map((probe) => objectChange('add', podOf(probe), { node: probe.node }));
  const gone = [...standing, ...made].map((probe) =>
    objectChange('delete', podOf(probe), { node: probe.node }),
  );
  return { changes: [...(isFirst ? added : []), ...(isLast ? gone : [])], puts: 0 };
}

/** A name is given when a pod is made. */
type PlannedProbe = Pick<TakeoverProbe, 'node' | 'namespace' | 'name'>;

function podOf({ namespace, name }: PlannedProbe) {
  return { kind: 'Pod', namespace, name };
}

/** Those of an earlier run that run on. */
export async function standingProbes(run: TakeoverRun): Promise<readonly TakeoverProbe[]> {
  const recorded = probesOf(run);
  const seen = await eachConcurrently(recorded, (probe) => lookAtProbe(run, probe));
  return recorded.filter((_, at) => seen[at]?.state !== 'gone');
}

async function newProbes(
  run: TakeoverRun,
  of: { readonly standing: readonly TakeoverProbe[]; readonly left: readonly number[] },
): Promise<readonly PlannedProbe[]> {
  const { kube, deps, request } = run;
  const agents = await kube.agent.installations(request.namespace, deps.signal);
  const installation = ownAgent(agents, request.namespace);
  const binding = probedBinding(run, installation);
  if (binding === undefined) {
    return [];
  }
  // As whom they ask is decided when it is known which identities are exchanged.
  const namespaces = new Set(leadingBindings(run).map(({ binding: { metadata } }) => metadata.namespace));
  const isOpen = of.left.includes(2) && namespaces.size > 1;
  const namespace = isOpen ? '' : binding.metadata.namespace;
  const nodes =
    installation === undefined
      ? (await kube.agent.taintedNodes(deps.signal)).filter(({ takesAgent }) => takesAgent)
      : (await kube.agent.rollout(installation, deps.signal)).nodes;
  return nodes
    .filter(({ name }) => !of.standing.some(({ node }) => node === name))
    .map(({ name: node }) => ({ node, namespace, name: '' }));
}
