import { needsServerMinor } from '../../../domain/kubernetes/agent-values.ts';
import type { IdentityResources } from '../../../domain/kubernetes/identity-resources.ts';
import { type KubeObject, refOf } from '../../../domain/kubernetes/kube-object.ts';
import { isPodidError } from '../../../errors/podid-error.ts';
import { disableAddon } from '../../addon/disable-addon.ts';
import { installAgent } from '../../agent/install/install-agent.ts';
import { tryAgent } from '../../agent/install/write-agent.ts';
import { assignToNodes } from '../../nodes/assign-to-nodes.ts';
import { comparedNow, restored } from '../steps/bring-objects.ts';
import { nodesOf } from '../steps/give-back-nodes.ts';
import { wholeView } from '../steps/held-objects.ts';
import { lookAtNodes } from '../steps/look-at-nodes.ts';
import { agentDepsOf, installOf, type TakeoverRun } from '../takeover-run.ts';
import { planProbes } from './plan-probes.ts';
import { planSource } from './plan-source.ts';
import {
  agentChanges,
  type LeftStep,
  nothingToWrite,
  objectChange,
  type StepPlan,
  together,
  writtenObjects,
} from './step-plan.ts';

/**
 * What the step would write as things are now, its probe pods included. Reads alone: of the agent's objects the API
 * server says what it would do with them.
 *
 * @throws PodidError as the step itself would before its first write
 */
export async function planStep(of: LeftStep): Promise<StepPlan> {
  return together((await stepPlans[of.step]?.(of)) ?? nothingToWrite, await planProbes(of));
}

const stepPlans: Readonly<Record<number, (of: LeftStep) => Promise<StepPlan>>> = {
  1: agentBeside,
  2: ({ run, left }) => planSource(run, !left.includes(1)),
  3: wholeOrRefused,
  4: addonOff,
  5: broughtBack,
  6: broughtBack,
  7: usualPorts,
  8: broughtBack,
};

async function agentBeside({ run }: LeftStep): Promise<StepPlan> {
  const install = { ...installOf(run, { alongside: true, force: false }), dryRun: true };
  const installed = await installAgent(agentDepsOf(run), install, run.request.wait);
  return { changes: agentChanges(installed?.objects ?? []), puts: 0 };
}

/** A view that lacks something is not held. */
async function wholeOrRefused({ run }: LeftStep): Promise<StepPlan> {
  await wholeView(run);
  return nothingToWrite;
}

async function addonOff({ run, left }: LeftStep): Promise<StepPlan> {
  const { deps, request, options } = run;
  const { profile, provisioningState } = await deps.azure.clusters.get(request.cluster, deps.signal);
  if (!profile.enabled && provisioningState === 'Succeeded') {
    return nothingToWrite;
  }
  if (!left.includes(3)) {
    await wholeView(run);
  }
  const asked = { cluster: request.cluster, unregisterFeature: false };
  return (await disableAddon(deps, asked, { ...options, mirror: 'off' })).plan ?? nothingToWrite;
}

/** Objects and nodes are seen to by the first of the steps left that does; while the add-on is on, nobody knows what goes. */
async function broughtBack({ run, step, left }: LeftStep): Promise<StepPlan> {
  const isOff = !left.includes(4);
  const hasObjects = step === left.find((each) => each === 5 || each === 8);
  const hasNodes = step === left.find((each) => each === 5 || each === 6 || each === 8);
  if (!isOff && step === 5) {
    run.deps.report.note(
      'What AKS takes away with the add-on is put back, too: definitions and objects as they were held, and identities on the nodes. What that is, is seen once the add-on is off.',
    );
  }
  return together(
    hasObjects ? await objectsOf(run, isOff) : nothingToWrite,
    hasNodes && isOff ? await machinesOf(run) : nothingToWrite,
  );
}

async function objectsOf(run: TakeoverRun, isOff: boolean): Promise<StepPlan> {
  const { kube, deps } = run;
  const there = await readThere(run);
  const uids = await kube.takeover.definitionUids(deps.signal);
  const { bring, adopt } = comparedNow(run, there, uids);
  const adopted = writtenObjects('update', restored(adopt, {}));
  if (!isOff) {
    return { changes: adopted, puts: 0 };
  }
  const install = installOf(run, { alongside: true, force: true });
  const { definitions } = kube.agent.render(install.values(), install.release);
  const written = [];
  for (const definition of definitions) {
    written.push(await kube.agent.write(definition, { force: false, dryRun: true }, deps.signal));
  }
  const changes = [...agentChanges(written), ...writtenObjects('add', restored(bring, {})), ...adopted];
  return { changes, puts: 0 };
}

/** Empty where AKS has taken the definitions. */
async function readThere({ kube, deps }: TakeoverRun): Promise<IdentityResources> {
  const nothing = { identities: [], bindings: [], exceptions: [] };
  try {
    return (await kube.read(deps.signal)).resources ?? nothing;
  } catch (error) {
    if (isPodidError(error, 'MirrorFailed')) {
      return nothing;
    }
    throw error;
  }
}

async function machinesOf(run: TakeoverRun): Promise<StepPlan> {
  const { deps, request, options } = run;
  const { missing } = await lookAtNodes(run);
  const plans: StepPlan[] = [];
  for (const [machine, identityIds] of missing) {
    const asked = { cluster: request.cluster, nodes: nodesOf(machine), identityIds };
    plans.push((await assignToNodes(deps, asked, options)).plan ?? nothingToWrite);
  }
  return together(...plans);
}

/** Where the agent is not there yet, what differs from what step 1 puts there. */
async function usualPorts({ run, left }: LeftStep): Promise<StepPlan> {
  const { kube, deps } = run;
  const { release, values } = await placedAt(run, false);
  if (!left.includes(1)) {
    const tried = await tryAgent(agentDepsOf(run), { values, release, force: false }, deps.signal);
    return { changes: agentChanges(tried), puts: 0 };
  }
  const beside = await placedAt(run, true);
  const before = new Set(
    kube.agent.render(beside.values, beside.release).objects.map((object) => JSON.stringify(object)),
  );
  const isNew = (object: KubeObject) => !before.has(JSON.stringify(object));
  const moved = kube.agent.render(values, release).objects.filter(isNew);
  return { changes: moved.map((object) => objectChange('update', refOf(object))), puts: 0 };
}

async function placedAt(run: TakeoverRun, alongside: boolean) {
  const { release, values: read } = installOf(run, { alongside, force: false });
  const values = read();
  const minor = needsServerMinor(values) ? await run.kube.agent.serverMinor(run.deps.signal) : undefined;
  return { values, release: minor === undefined ? release : { ...release, serverMinor: minor } };
}
