import { sameEntry } from '../../../domain/entries/pod-identity.ts';
import { noExchangeDefaults, tokenSourceOf } from '../../../domain/exchange/token-source.ts';
import type { AgentInstallation } from '../../../domain/kubernetes/agent-installation.ts';
import type { AzureIdentityBinding } from '../../../domain/kubernetes/identity-resources.ts';
import { ownAgent } from '../../../domain/kubernetes/own-agents/own-agents.ts';
import type { TakeoverProbe } from '../../../domain/takeover/takeover-record.ts';
import { eachConcurrently } from '../../../domain/time/each-concurrently.ts';
import { advice, command } from '../../../errors/hint.ts';
import { isPodidError, PodidError } from '../../../errors/podid-error.ts';
import { keep, standingHold, type TakeoverRun } from '../takeover-run.ts';
import { lookAtProbe } from './look-at-probe.ts';
import { probeLabels, renderProbe } from './render-probe.ts';

/** Where probe pods can ask, and as whom. */
interface Ground {
  readonly installation: AgentInstallation;
  readonly namespace: string;
  /** Of the binding. */
  readonly selector: string;
  readonly nodes: readonly string[];
}

/**
 * Has one probe pod on each node: those that run go on, those that have ended are made anew. Its name is written down
 * before it is made, its uid at once after.
 *
 * @returns why some could not be made
 */
export async function makeProbes(run: TakeoverRun): Promise<readonly PodidError[]> {
  const ground = await groundOf(run);
  if (ground === undefined) {
    return [];
  }
  const recorded = probesOf(run);
  const seen = await eachConcurrently(recorded, (probe) => lookAtProbe(run, probe));
  const isKept = (probe: TakeoverProbe, at: number) =>
    ground.nodes.includes(probe.node) && probe.uid !== '' && seen[at]?.state !== 'gone';
  const kept = recorded.filter(isKept);
  const missing = ground.nodes.filter((node) => !kept.some((probe) => probe.node === node));
  const over = recorded.filter((probe, at) => !isKept(probe, at));
  await eachConcurrently(over, (probe) => removeProbe(run, probe));
  if (missing.length === 0 && over.length === 0) {
    return [];
  }
  const planned = missing.map((node) => planProbe(run, ground, node));
  await keepProbes(run, [...kept, ...planned]);
  const made = await eachConcurrently(planned, (probe) => makeProbe(run, ground, probe));
  await keepProbes(run, [
    ...kept,
    ...made.map((each, at) => (typeof each === 'string' ? { ...planned[at], uid: each } : planned[at])),
  ] as readonly TakeoverProbe[]);
  return made.filter((each) => typeof each !== 'string');
}

/** Takes those away that podid made, whatever is wanted now. */
export async function removeProbes(run: TakeoverRun): Promise<void> {
  const probes = probesOf(run);
  if (probes.length > 0) {
    await eachConcurrently(probes, (probe) => removeProbe(run, probe));
    await keepProbes(run, []);
  }
}

/** As they stand in the record. */
export function probesOf({ found }: TakeoverRun): readonly TakeoverProbe[] {
  return found.written.record.probes ?? [];
}

async function keepProbes(run: TakeoverRun, probes: readonly TakeoverProbe[]): Promise<void> {
  const { record, export: exported } = run.found.written;
  const hold = standingHold(run);
  await keep(run, {
    record: { ...record, probes },
    export: exported,
    ...(hold === undefined ? {} : { hold }),
  });
}

/** Nobody who may not read the ConfigMap knows its uid, and so the name of a pod before it is there. */
function planProbe({ request, found }: TakeoverRun, { namespace }: Ground, node: string): TakeoverProbe {
  const { uid, resourceVersion } = found.stored;
  const name = `podid-takeover-${request.sha256(`${uid} ${resourceVersion} ${node}`).slice(0, 16)}`;
  return { node, namespace, name, uid: '', seenMs: 0 };
}

/** @returns its uid, or why there is none */
async function makeProbe(
  run: TakeoverRun,
  { installation, selector }: Ground,
  { node, namespace, name }: TakeoverProbe,
): Promise<string | PodidError> {
  const { kube, deps } = run;
  try {
    return await kube.agent.createBriefly(
      renderProbe(installation, { node, name, namespace, selector }),
      deps.signal,
    );
  } catch (error) {
    if (!isPodidError(error)) {
      throw error;
    }
    const isTaken =
      error.code === 'AgentRefused' &&
      (await kube.workloads.pod({ namespace, name }, deps.signal)) !== undefined;
    return isTaken
      ? new PodidError(
          'TakeoverBlocked',
          `Pod ${namespace}/${name} is not podid's: somebody else made it, under the name of the probe pod of node ${node}. It is neither believed nor deleted.`,
          {
            hint: advice`Find out who made it: ${command('kubectl get pod', name, '-n', namespace, '-o', 'yaml')}. A probe pod of another name is tried next`,
            target: `${namespace}/${name}`,
            cause: error,
          },
        )
      : error;
  }
}

/** By its uid. One whose uid nobody wrote down, as podid was killed, has an unguessable name and podid's labels. */
async function removeProbe({ kube, deps }: TakeoverRun, probe: TakeoverProbe): Promise<void> {
  const { namespace, name, node } = probe;
  const pod = await kube.workloads.pod({ namespace, name }, deps.signal);
  if (pod === undefined) {
    return;
  }
  const isLabelled = Object.entries(probeLabels).every(([key, value]) => pod.labels[key] === value);
  const isOwn = probe.uid === '' ? isLabelled && pod.nodeName === node : pod.uid === probe.uid;
  if (isOwn) {
    await kube.agent.remove({ apiVersion: 'v1', kind: 'Pod', namespace, name }, deps.signal, pod.uid);
  }
}

/** Undefined where nobody may get a token. */
async function groundOf(run: TakeoverRun): Promise<Ground | undefined> {
  const { kube, deps, request } = run;
  const installation = ownAgent(
    await kube.agent.installations(request.namespace, deps.signal),
    request.namespace,
  );
  const binding = probedBinding(run, installation);
  if (binding === undefined || installation === undefined) {
    return undefined;
  }
  const { nodes } = await kube.agent.rollout(installation, deps.signal);
  return {
    installation,
    namespace: binding.metadata.namespace,
    selector: binding.spec.selector ?? '',
    nodes: nodes.map(({ name }) => name),
  };
}

/** By which the probe pods ask; undefined where nobody may get a token. */
export function probedBinding(
  run: Pick<TakeoverRun, 'found'>,
  agent: Pick<AgentInstallation, 'exchange'> | undefined,
): AzureIdentityBinding | undefined {
  const leads = leadingBindings(run);
  const defaults = agent?.exchange ?? noExchangeDefaults;
  const by = (kind: string) => leads.find(({ identity }) => tokenSourceOf(identity, defaults).kind === kind);
  // One that is exchanged first: no step may cost it a request.
  return (by('exchange') ?? by('imds'))?.binding;
}

/** Bindings that lead to a managed identity. An entry's before one that others wrote, which they may take away at any time. */
export function leadingBindings({ found }: Pick<TakeoverRun, 'found'>) {
  const { objects, identities: entries } = found.written.export;
  const leads = objects.bindings.flatMap((binding) => {
    const key = { namespace: binding.metadata.namespace, name: binding.spec.azureIdentity ?? '' };
    const identity = objects.identities.find(({ metadata }) => sameEntry(metadata, key));
    return identity !== undefined && (identity.spec.type ?? 0) === 0 && binding.spec.selector
      ? [{ binding, identity, isEntry: entries.some((entry) => sameEntry(entry, key)) }]
      : [];
  });
  return leads.toSorted((one, other) => Number(other.isEntry) - Number(one.isEntry));
}
