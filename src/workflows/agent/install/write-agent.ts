import type { AgentObjectChange, WriteRequest } from '../../../domain/kubernetes/agent-cluster.ts';
import type { AgentRelease, AgentValues } from '../../../domain/kubernetes/agent-values.ts';
import { identityApi } from '../../../domain/kubernetes/identity-resources.ts';
import { type KubeObject, refOf, refText } from '../../../domain/kubernetes/kube-object.ts';
import { startDeadline } from '../../../domain/time/deadline.ts';
import { advice, command } from '../../../errors/hint.ts';
import { PodidError } from '../../../errors/podid-error.ts';
import type { AgentDeps, AgentWait } from '../agent-deps.ts';

/** How long an API server may take to serve a kind that was just created. */
const establishedMs = 60_000;

/**
 * Writes the definitions, waits until their kinds are served, and writes the rest. Before the first write the
 * server has said of the pod and of every object that it would take them.
 *
 * @returns what was done, in that order
 * @throws PodidError AgentRefused | Forbidden | ClusterUnreachable
 */
export async function writeAgent(
  deps: AgentDeps,
  { values, release, force }: { values: AgentValues; release: AgentRelease; force: boolean },
  wait: AgentWait,
): Promise<readonly AgentObjectChange[]> {
  const { agent, report } = deps;
  const tried = await tryAgent(deps, { values, release, force }, wait.signal);
  const { definitions, objects } = agent.render(values, release);
  const areKept = tried.slice(0, definitions.length).every(({ action }) => action === 'kept');
  report.progress(
    areKept
      ? 'The definitions of the identity kinds stay as they are'
      : 'Writing the definitions of the identity kinds',
  );
  const changes: AgentObjectChange[] = [];
  for (const definition of definitions) {
    changes.push(kept(definition, await agent.write(definition, { force, dryRun: false }, wait.signal)));
  }
  await untilEstablished(deps, definitions, wait);
  for (const object of objects) {
    report.progress(`Writing ${refText(refOf(object))}`);
    const change = await agent.write(object, { force, dryRun: false }, wait.signal);
    changes.push(expectOwn(kept(object, change), release));
  }
  return changes;
}

/** The same as a question: what the server would do. @throws PodidError AgentRefused | Forbidden */
export async function tryAgent(
  { agent, report }: AgentDeps,
  { values, release, force }: { values: AgentValues; release: AgentRelease; force: boolean },
  signal: AbortSignal,
): Promise<readonly AgentObjectChange[]> {
  const { definitions, objects } = agent.render(values, release);
  const request: WriteRequest = { force, dryRun: true };
  report.progress('Checking whether the cluster accepts the agent');
  const daemonSet = objects.find(({ kind }) => kind === 'DaemonSet');
  if (daemonSet !== undefined) {
    await agent.tryPod(daemonSet, signal);
  }
  const changes: AgentObjectChange[] = [];
  let served = true;
  for (const definition of definitions) {
    changes.push(kept(definition, await agent.write(definition, request, signal)));
    served = served && (await agent.isEstablished(refOf(definition), signal));
  }
  for (const object of objects) {
    const { kind, namespace, name } = refOf(object);
    const key = { kind, name, ...(namespace === undefined ? {} : { namespace }) };
    // Nobody can say what the server thinks of a kind that it does not know yet.
    const change =
      isIdentityKind(object) && !served
        ? { ...key, action: 'create' as const }
        : await agent.write(object, request, signal);
    changes.push(expectOwn(kept(object, change), release));
  }
  return changes;
}

/** Definitions and identities of others serve as they are. */
function kept(object: KubeObject, change: AgentObjectChange): AgentObjectChange {
  const serves = object.kind === 'CustomResourceDefinition' || isIdentityKind(object);
  return change.action === 'foreign' && serves ? { ...change, action: 'kept' } : change;
}

function isIdentityKind({ apiVersion }: KubeObject): boolean {
  return apiVersion.startsWith(`${identityApi.group}/`);
}

function expectOwn(change: AgentObjectChange, { namespace }: AgentRelease): AgentObjectChange {
  if (change.action !== 'foreign') {
    return change;
  }
  throw new PodidError('AgentRefused', `${refText(change)} was not written by podid: ${change.reason}.`, {
    hint: advice`To take it over: ${command('podid nmi install --namespace', namespace, '--force').again()}`,
  });
}

async function untilEstablished(
  { agent, clock }: AgentDeps,
  definitions: readonly KubeObject[],
  { intervalMs, signal }: AgentWait,
): Promise<void> {
  const deadline = startDeadline(clock, establishedMs, signal);
  for (const definition of definitions) {
    while (!(await agent.isEstablished(refOf(definition), signal))) {
      if (deadline.passed()) {
        throw new PodidError('AgentRefused', `The cluster does not serve ${refText(refOf(definition))}.`, {
          hint: command('kubectl describe crd', definition.metadata.name),
        });
      }
      await deadline.pause(intervalMs);
    }
  }
}
