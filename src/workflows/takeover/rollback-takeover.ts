import { counted } from '../../domain/counted.ts';
import type { Deps } from '../../domain/deps.ts';
import { entryText } from '../../domain/entries/pod-identity.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import { ownAgent } from '../../domain/kubernetes/own-agents/own-agents.ts';
import { advice, command } from '../../errors/hint.ts';
import { enableAddon } from '../addon/enable-addon.ts';
import { installAgent } from '../agent/install/install-agent.ts';
import { uninstallAgent } from '../agent/uninstall/uninstall-agent.ts';
import { applyFile } from '../apply/apply-file.ts';
import type { ChangeOptions } from '../change/start-change.ts';
import { disableExchange } from '../exchange/disable/disable-exchange.ts';
import { broughtBack, type RollbackRequest, readyToRollBack } from './ready-to-roll-back.ts';
import { checkAddonServes, restoreMissing } from './steps/back-to-addon.ts';
import { removeProbes } from './steps/make-probes.ts';
import { entriesBack, rollbackSteps } from './steps/rollback-steps.ts';
import { agentDepsOf, dataOf, installOf, keep, standingHold, type TakeoverRun } from './takeover-run.ts';
import { statusOf, type TakeoverStatus } from './takeover-status.ts';

/**
 * Back to the add-on. While that is on still, podid's agent goes; afterwards the add-on is turned on again and gets its
 * entries back, while podid's agent serves in front of it.
 *
 * @returns undefined when the question was answered by No
 * @throws PodidError TakeoverBlocked where none has been begun, and those of the commands that it stands on
 */
export async function rollbackTakeover(
  deps: Omit<Deps, 'deadline'>,
  request: RollbackRequest,
  options: ChangeOptions,
): Promise<TakeoverStatus | undefined> {
  const { kube, stored, written, way, values, saved } = await readyToRollBack(deps, request);
  const text =
    way === 'serving'
      ? `Roll the takeover of cluster ${request.cluster.name} back${written.record.agentWasThere ? '' : ", and remove podid's agent"}? The add-on, which is on, serves the pods then.`
      : `Roll the takeover of cluster ${request.cluster.name} back, and turn the add-on on again with its ${counted(saved.export.identities.length, 'pod identity', 'pod identities')}? podid's agent goes on serving in front of it.`;
  if (!(await deps.confirm(text))) {
    return undefined;
  }
  const found = {
    written,
    stored:
      stored ?? (await kube.takeover.write({ namespace: request.namespace }, dataOf(written), deps.signal)),
  };
  const agreed = { ...deps, confirm: async () => true };
  const run: TakeoverRun = { deps: agreed, kube, request, options, values, found };
  const hold = standingHold(run);
  // From here on an apply that runs at once ends before it asks Azure, and a repeated rollback takes the same way.
  await keep(run, {
    record: { ...written.record, state: 'under-way', rollingBack: way },
    export: saved.export,
    ...(hold === undefined ? {} : { hold }),
  });
  await (way === 'serving' ? backToServingAddon(run) : backToNewAddon(run, request));
  const { record, export: exported } = run.found.written;
  await keep(run, {
    record: {
      ...record,
      state: 'rolled-back',
      stepAt: new Date(deps.clock.now()).toISOString(),
    },
    export: exported,
  });
  return statusOf(run.found.written, request);
}

/** The identities are on the nodes still, so that the add-on's agent serves all of them. */
async function backToServingAddon(run: TakeoverRun): Promise<void> {
  const { deps, kube, request, options } = run;
  const { agentWasThere } = run.found.written.record;
  const [, probesGo, agentGoes] = rollbackSteps('serving', run.found.written.record);
  const { namespace } = request;
  const own = ownAgent(await kube.agent.installations(namespace, deps.signal), namespace);
  if (!agentWasThere) {
    await checkAddonServes(run, 'is idle');
  }
  const back = await broughtBack(run, own);
  if (back === undefined || back.length > 0) {
    const which = back === undefined ? '' : ` of ${back.map(entryText).join(', ')}`;
    deps.report.note(`1 of 3: tokens${which} come from the nodes again`);
    const { done } = await disableExchange(
      deps,
      {
        cluster: request.cluster,
        identities: back,
        revokeTrust: false,
        agentNamespace: namespace,
      },
      options,
    );
    if (done?.failure !== undefined) {
      throw done.failure;
    }
  }
  deps.report.note(`2 of 3: ${probesGo}`);
  await removeProbes(run);
  const { record, export: exported } = run.found.written;
  await keep(run, { record, export: exported });
  if (agentWasThere) {
    deps.report.note(
      advice`3 of 3: podid's agent was there before the takeover, and stays, with the identities whose tokens were exchanged then (${nextCommand('exchange status', request.cluster)})`,
    );
    return;
  }
  deps.report.note(`3 of 3: ${agentGoes}`);
  await checkAddonServes(run, 'is idle');
  const install = installOf(run, { alongside: true, force: false });
  const end = await uninstallAgent(
    agentDepsOf(run),
    { release: install.release, values: install.values(), cleanUpOnly: false, dryRun: false },
    request.wait,
  );
  if (end?.failure !== undefined) {
    throw end.failure;
  }
}

async function backToNewAddon(run: TakeoverRun, { registerFeature }: RollbackRequest): Promise<void> {
  const { deps, request, options, found } = run;
  const { allowNetworkPluginKubenet } = found.written.export;
  const [leave, turnOn, apply] = rollbackSteps('new', found.written.record);
  deps.report.note(`1 of 3: ${leave}`);
  // The hold stays meanwhile: AKS writes the definitions anew.
  await installAgent(agentDepsOf(run), installOf(run, { alongside: true, force: true }), request.wait);
  deps.report.note(`2 of 3: ${turnOn}`);
  const enabled = await enableAddon(
    deps,
    { cluster: request.cluster, kubenetConsent: allowNetworkPluginKubenet, registerFeature },
    options,
  );
  if (enabled.done?.failure !== undefined) {
    throw enabled.done.failure;
  }
  deps.report.note(`3 of 3: ${apply}`);
  const applied = await applyFile(deps, entriesBack(run), options);
  if (applied.done?.failure !== undefined) {
    throw applied.done.failure;
  }
  await restoreMissing(run);
  await removeProbes(run);
  if (standingHold(run) !== undefined) {
    deps.report.note('The hold ends with it.');
  }
  deps.report.note(
    advice`podid's agent serves the pods, in front of the add-on's. To leave them to that: ${command('podid nmi uninstall --namespace', request.namespace)}, once no identity is exchanged (${nextCommand('exchange disable', request.cluster)})`,
  );
}
