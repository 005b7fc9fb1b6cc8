import { counted } from '../../domain/counted.ts';
import type { Deps } from '../../domain/deps.ts';
import { type EntryKey, entryText } from '../../domain/entries/pod-identity.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import type { AgentInstallation } from '../../domain/kubernetes/agent-installation.ts';
import { ownAgent } from '../../domain/kubernetes/own-agents/own-agents.ts';
import type { ConnectedCluster } from '../../domain/kubernetes/workloads.ts';
import { switchedSince } from '../../domain/takeover/stood-before.ts';
import type { TakeoverExport } from '../../domain/takeover/takeover-export.ts';
import type { RollbackWay } from '../../domain/takeover/takeover-record.ts';
import { advice, command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { enableAddon } from '../addon/enable-addon.ts';
import { installAgent } from '../agent/install-agent.ts';
import { uninstallAgent } from '../agent/uninstall-agent.ts';
import { applyFile } from '../apply/apply-file.ts';
import type { ChangeOptions } from '../change/start-change.ts';
import { disableExchange } from '../exchange/disable/disable-exchange.ts';
import { type AgentSettings, settingsOf } from './agent-settings.ts';
import { writtenInFile } from './rollback-from-file.ts';
import { checkAddonServes, restoreMissing, wayBack } from './steps/back-to-addon.ts';
import { removeProbes } from './steps/make-probes.ts';
import { withoutDeleted } from './steps/without-deleted.ts';
import {
  agentDepsOf,
  dataOf,
  installOf,
  keep,
  standingHold,
  type TakeoverRequest,
  type TakeoverRun,
} from './takeover-run.ts';
import { readTakeover, statusOf, type TakeoverStatus, whereOf } from './takeover-status.ts';

export interface RollbackRequest extends TakeoverRequest {
  /** What was saved, where the cluster has it no more. */
  readonly file: TakeoverExport | undefined;
  /** Registers the feature first, where the subscription has it no more. */
  readonly registerFeature: boolean;
}

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
  const kube = await deps.kube.connect(deps.signal);
  const cluster = await deps.azure.clusters.get(request.cluster, deps.signal);
  const inCluster = await readTakeover(kube, request, deps.signal);
  const { file } = request;
  const written =
    inCluster?.written ??
    (file === undefined ? undefined : await writtenInFile(deps, kube, { request, cluster, file }));
  if (written === undefined || written.record.state === 'rolled-back') {
    const status = nextCommand('takeover status', request.cluster, whereOf(request));
    throw new PodidError('TakeoverBlocked', 'There is no takeover to roll back.', {
      hint:
        inCluster === undefined
          ? advice`${status} shows how far it is; where one was under way and its ConfigMap is gone, ${command('podid takeover rollback -f FILE').again()} goes by the file of the plan`
          : status,
    });
  }
  const way = await wayBack(kube, cluster, written, deps.signal);
  const values = await valuesFor(way, kube, { deps, request });
  if (way === 'serving' && !written.record.agentWasThere) {
    // A repeated one, and one beside an apply that waits for Azure, first have that apply end.
    await checkAddonServes({ deps, kube, request }, inCluster === undefined ? 'is idle' : 'may be busy');
  }
  const saved = await withoutDeleted(kube, written, request, deps.signal);
  const text =
    way === 'serving'
      ? `Roll the takeover of cluster ${request.cluster.name} back${written.record.agentWasThere ? '' : ", and remove podid's agent"}? The add-on, which is on, serves the pods then.`
      : `Roll the takeover of cluster ${request.cluster.name} back, and turn the add-on on again with its ${counted(saved.export.identities.length, 'pod identity', 'pod identities')}? podid's agent goes on serving in front of it.`;
  if (saved.deleted.length > 0) {
    deps.report.warn(
      `Not given back, since somebody deleted it after the takeover was done: ${saved.deleted.join(', ')}.`,
    );
  }
  if (!(await deps.confirm(text))) {
    return undefined;
  }
  const found = inCluster ?? {
    written,
    stored: await kube.takeover.write({ namespace: request.namespace }, dataOf(written), deps.signal),
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

/** The agent is written on the way to a new add-on alone, and what it needs is missed before anything is asked. */
async function valuesFor(
  way: RollbackWay,
  kube: ConnectedCluster,
  { deps, request }: { readonly deps: Pick<Deps, 'signal'>; readonly request: RollbackRequest },
): Promise<AgentSettings> {
  const agents = await kube.agent.installations(request.namespace, deps.signal);
  return way === 'serving'
    ? (ownAgent(agents, request.namespace)?.values ?? {})
    : settingsOf(agents, request, { word: 'rollback', isBegun: true });
}

/** The identities are on the nodes still, so that the add-on's agent serves all of them. */
async function backToServingAddon(run: TakeoverRun): Promise<void> {
  const { deps, kube, request, options } = run;
  const { agentWasThere } = run.found.written.record;
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
  deps.report.note('2 of 3: the probe pods and the hold go');
  await removeProbes(run);
  const { record, export: exported } = run.found.written;
  await keep(run, { record, export: exported });
  if (agentWasThere) {
    deps.report.note(
      advice`3 of 3: podid's agent was there before the takeover, and stays, with the identities whose tokens were exchanged then (${nextCommand('exchange status', request.cluster)})`,
    );
    return;
  }
  deps.report.note("3 of 3: podid's agent goes, and its rules with it");
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

/** Undefined: all, since the agent that exchanges goes. Where it stays, those that the takeover itself switched. */
async function broughtBack(
  { deps, kube, found }: TakeoverRun,
  own: AgentInstallation | undefined,
): Promise<readonly EntryKey[] | undefined> {
  const { record, export: saved } = found.written;
  if (!record.agentWasThere) {
    return own === undefined ? [] : undefined;
  }
  if (saved.before === undefined) {
    return [];
  }
  const { resources } = await kube.read(deps.signal);
  return switchedSince(saved.before, own, resources?.identities ?? []);
}

async function backToNewAddon(run: TakeoverRun, { registerFeature }: RollbackRequest): Promise<void> {
  const { deps, request, options, found } = run;
  const { identities, exceptions, allowNetworkPluginKubenet } = found.written.export;
  deps.report.note("1 of 3: podid's agent leaves the usual ports to the add-on's");
  // The hold stays meanwhile: AKS writes the definitions anew.
  await installAgent(agentDepsOf(run), installOf(run, { alongside: true, force: true }), request.wait);
  deps.report.note('2 of 3: the add-on is turned on');
  const enabled = await enableAddon(
    deps,
    { cluster: request.cluster, kubenetConsent: allowNetworkPluginKubenet, registerFeature },
    options,
  );
  if (enabled.done?.failure !== undefined) {
    throw enabled.done.failure;
  }
  deps.report.note('3 of 3: its entries are applied');
  const applied = await applyFile(
    deps,
    {
      cluster: request.cluster,
      wanted: { identities, exceptions },
      files: ['takeover.yaml'],
      prune: false,
      keepGoing: false,
      extras: {},
      show: () => undefined,
    },
    options,
  );
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
