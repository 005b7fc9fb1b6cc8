import type { AgentInstallation } from '../../../domain/kubernetes/agent-installation.ts';
import type { AzureIdentityBinding } from '../../../domain/kubernetes/identity-resources.ts';
import { ownAgent } from '../../../domain/kubernetes/own-agents/own-agents.ts';
import type { TakeoverProbe } from '../../../domain/takeover/takeover-record.ts';
import { eachConcurrently } from '../../../domain/time/each-concurrently.ts';
import { advice, command } from '../../../errors/hint.ts';
import { isPodidError, PodidError } from '../../../errors/podid-error.ts';
import { keep, standingHold, type TakeoverRun } from '../takeover-run.ts';
import { askedResources } from './asked-resources.ts';
import { probedBinding } from './leading-bindings.ts';
import { lookAtProbe } from './look-at-probe.ts';
import { isProbe, renderProbe } from './render-probe.ts';

/** Where probe pods can ask, and as whom. */
interface Ground {
  readonly installation: AgentInstallation;
  readonly binding: AzureIdentityBinding;
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
  const resources =
    missing.length === 0 ? [] : await askedResources(run, ground.installation, ground.binding);
  const planned = missing.map((node) => planProbe(run, ground, node));
  await keepProbes(run, [...kept, ...planned]);
  const made = await eachConcurrently(planned, (probe) => makeProbe(run, { ...ground, resources }, probe));
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
function planProbe({ request, found }: TakeoverRun, { binding }: Ground, node: string): TakeoverProbe {
  const { uid, resourceVersion } = found.stored;
  const name = `podid-takeover-${request.sha256(`${uid} ${resourceVersion} ${node}`).slice(0, 16)}`;
  return { node, namespace: binding.metadata.namespace, name, uid: '', seenMs: 0 };
}

/** @returns its uid, or why there is none */
async function makeProbe(
  run: TakeoverRun,
  { installation, binding, resources }: Ground & { readonly resources: readonly string[] },
  { node, namespace, name }: TakeoverProbe,
): Promise<string | PodidError> {
  const { kube, deps } = run;
  try {
    return await kube.agent.createBriefly(
      renderProbe(installation, { node, name, namespace, selector: binding.spec.selector ?? '', resources }),
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
  const isOwn = probe.uid === '' ? isProbe(pod) && pod.nodeName === node : pod.uid === probe.uid;
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
    binding,
    nodes: nodes.map(({ name }) => name),
  };
}
