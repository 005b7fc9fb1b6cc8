import type { Deps } from '../../../domain/deps.ts';
import { ownAgent } from '../../../domain/kubernetes/own-agents/own-agents.ts';
import { enableAddon } from '../../addon/enable-addon.ts';
import { withAddonOn } from '../../addon/with-addon-on.ts';
import { installAgent } from '../../agent/install/install-agent.ts';
import { uninstallAgent } from '../../agent/uninstall/uninstall-agent.ts';
import { applyFile } from '../../apply/apply-file.ts';
import type { Plan } from '../../change/outcome.ts';
import type { ChangeOptions } from '../../change/start-change.ts';
import { disableExchange } from '../../exchange/disable/disable-exchange.ts';
import { broughtBack, type RollbackRequest, readyToRollBack } from '../ready-to-roll-back.ts';
import { missingOfOthers } from '../steps/back-to-addon.ts';
import { entriesBack, rollbackSteps } from '../steps/rollback-steps.ts';
import { agentDepsOf, installOf, type TakeoverRun } from '../takeover-run.ts';
import { standingProbes } from './plan-probes.ts';
import {
  agentChanges,
  nothingToWrite,
  notStored,
  objectChange,
  planOfSteps,
  recordChange,
  type StepPlan,
  together,
  writtenObjects,
} from './step-plan.ts';

/**
 * What `podid takeover rollback` would write, each of its three steps by itself. Reads alone.
 *
 * @param options of a dry run
 * @throws PodidError as `rollbackTakeover` before its first write
 */
export async function planTakeoverRollback(
  deps: Omit<Deps, 'deadline'>,
  request: RollbackRequest,
  options: ChangeOptions,
): Promise<Plan> {
  const { kube, stored, written, way, values, saved } = await readyToRollBack(deps, request);
  const found = {
    stored: stored ?? notStored(request.namespace),
    written: { ...written, export: saved.export },
  };
  const run: TakeoverRun = { deps, kube, request, options, values, found };
  const plans = way === 'serving' ? await toServingAddon(run) : await toNewAddon(run, request);
  const titles = rollbackSteps(way, written.record);
  const record = { changes: [recordChange(run, stored === undefined)], puts: 0 };
  return planOfSteps(
    plans.map((plan, at) => ({
      step: at + 1,
      title: `${at + 1} of ${plans.length}: ${titles[at]}`,
      plan: at === 0 ? together(record, plan) : plan,
    })),
  );
}

async function toServingAddon(run: TakeoverRun): Promise<readonly StepPlan[]> {
  const { deps, kube, request, options, found } = run;
  const { namespace } = request;
  const own = ownAgent(await kube.agent.installations(namespace, deps.signal), namespace);
  const identities = await broughtBack(run, own);
  const asked = { cluster: request.cluster, identities, revokeTrust: false, agentNamespace: namespace };
  const isSwitched = identities === undefined || identities.length > 0;
  const back = isSwitched ? (await disableExchange(deps, asked, options)).plan : undefined;
  return [
    back ?? nothingToWrite,
    await probesGo(run),
    found.written.record.agentWasThere ? nothingToWrite : await agentGoes(run),
  ];
}

async function agentGoes(run: TakeoverRun): Promise<StepPlan> {
  const install = installOf(run, { alongside: true, force: false });
  const asked = { release: install.release, values: install.values(), cleanUpOnly: false, dryRun: true };
  const end = await uninstallAgent(agentDepsOf(run), asked, run.request.wait);
  return { changes: agentChanges(end?.result.objects ?? []), puts: 0 };
}

async function toNewAddon(
  run: TakeoverRun,
  { registerFeature }: RollbackRequest,
): Promise<readonly StepPlan[]> {
  const { deps, request, options, found } = run;
  const { allowNetworkPluginKubenet: kubenetConsent } = found.written.export;
  const install = { ...installOf(run, { alongside: true, force: true }), dryRun: true };
  const installed = await installAgent(agentDepsOf(run), install, request.wait);
  const { plan: enabled } = await enableAddon(
    deps,
    { cluster: request.cluster, kubenetConsent, registerFeature },
    options,
  );
  const { plan: applied } = await applyFile(withAddonOn(deps, kubenetConsent), entriesBack(run), options);
  const missing = { changes: writtenObjects('add', await missingOfOthers(run)), puts: 0 };
  return [
    { changes: agentChanges(installed?.objects ?? []), puts: 0 },
    enabled ?? nothingToWrite,
    together(applied ?? nothingToWrite, missing, await probesGo(run)),
  ];
}

async function probesGo(run: TakeoverRun): Promise<StepPlan> {
  const probes = await standingProbes(run);
  const changes = probes.map(({ namespace, name, node }) =>
    objectChange('delete', { kind: 'Pod', namespace, name }, { node }),
  );
  return { changes, puts: 0 };
}
