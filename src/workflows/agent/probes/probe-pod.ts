import type { AgentCluster, FinishedPod } from '../../../domain/kubernetes/agent-cluster.ts';
import type { AgentInstallation } from '../../../domain/kubernetes/agent-installation.ts';
import { type KubeObject, refOf } from '../../../domain/kubernetes/kube-object.ts';
import type { Clock } from '../../../domain/time/clock.ts';
import { startDeadline } from '../../../domain/time/deadline.ts';
import { isPodidError } from '../../../errors/podid-error.ts';

/** An image that has Node, and how it is pulled. */
export type ProbeImage = Pick<AgentInstallation, 'image' | 'imagePullPolicy' | 'imagePullSecrets'>;

/** What one probe has and others have not. */
export interface ProbeParts {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly unknown[];
  /** Run by Node as a module; no secret is in it. */
  readonly script: string;
  readonly lifeSec: number;
  readonly memoryRequest?: string;
  /** Further members of the pod's `spec`. */
  readonly spec?: Readonly<Record<string, unknown>>;
  /** Further members of its container. */
  readonly container?: Readonly<Record<string, unknown>>;
}

/** Its container. */
export const probeContainer = 'probe';

/** A pod without any right, that ends by itself should nobody take it away. */
export function renderProbePod(
  { image, imagePullPolicy, imagePullSecrets }: ProbeImage,
  parts: ProbeParts,
): KubeObject {
  const { name, namespace, labels, ownerReferences, lifeSec, memoryRequest = '32Mi' } = parts;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels, ...(ownerReferences ? { ownerReferences } : {}) },
    spec: {
      restartPolicy: 'Never',
      activeDeadlineSeconds: lifeSec,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      tolerations: [{ operator: 'Exists' }],
      // Nodes pass over those that this namespace does not have.
      ...(imagePullSecrets.length > 0 ? { imagePullSecrets } : {}),
      securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } },
      ...parts.spec,
      containers: [
        {
          name: probeContainer,
          image,
          imagePullPolicy,
          command: ['node', '--input-type=module', '-e', parts.script],
          resources: { requests: { cpu: '10m', memory: memoryRequest }, limits: { memory: '128Mi' } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          ...parts.container,
        },
      ],
    },
  };
}

export interface ProbeLimits {
  /** Until it runs. */
  readonly startMs: number;
  /** From then on. */
  readonly runMs: number;
  /** Between two reads of the cluster. */
  readonly intervalMs: number;
}

export interface RanProbe {
  /** As it was seen last. */
  readonly end: FinishedPod;
  readonly inTime: boolean;
  /** Why it may still be there: a sentence of the cluster's. */
  readonly left?: string;
}

/**
 * Makes a pod, waits for its end and takes it away again, also where it fails or is interrupted. Another pod of the same
 * name is neither believed nor deleted.
 *
 * @throws PodidError AgentRefused | Forbidden | ClusterUnreachable, and the signal's reason
 */
export async function runProbePod(
  { agent, clock }: { readonly agent: AgentCluster; readonly clock: Clock },
  pod: KubeObject,
  { startMs, runMs, intervalMs }: ProbeLimits,
  signal: AbortSignal,
): Promise<RanProbe> {
  const { name, namespace = '' } = pod.metadata;
  let uid = '';
  try {
    uid = await agent.createBriefly(pod, signal);
  } catch (error) {
    // Nobody knows whether it was made; nobody else has a name that was made up a moment ago.
    if (signal.aborted || isPodidError(error, 'ClusterUnreachable')) {
      await takeAway(agent, pod, '');
    }
    throw error;
  }
  let found: { readonly end: FinishedPod; readonly inTime: boolean };
  try {
    let deadline = startDeadline(clock, startMs, signal);
    for (let isStarted = false; ; ) {
      const seen = await agent.podEnd({ namespace, name }, signal);
      const end: FinishedPod =
        seen.uid === undefined || uid === '' || seen.uid === uid ? seen : { phase: 'gone' };
      if (isOver(end) || deadline.passed()) {
        found = { end, inTime: isOver(end) };
        break;
      }
      if (end.phase === 'Running' && !isStarted) {
        isStarted = true;
        deadline = startDeadline(clock, runMs, signal);
      }
      await deadline.pause(intervalMs);
    }
  } catch (error) {
    await takeAway(agent, pod, uid);
    throw error;
  }
  const left = await takeAway(agent, pod, uid);
  return { ...found, ...(left === undefined ? {} : { left }) };
}

/** Beside what a mesh puts into it: that runs on when the container of podid's has ended. */
function isOver({ phase, exitCode }: FinishedPod): boolean {
  return phase === 'Succeeded' || phase === 'Failed' || phase === 'gone' || exitCode !== undefined;
}

/** It ends by itself, and what was found out is worth more. @returns why it could not be taken away */
async function takeAway(agent: AgentCluster, pod: KubeObject, uid: string): Promise<string | undefined> {
  const own = uid === '' ? [] : [uid];
  try {
    await agent.remove(refOf(pod), AbortSignal.timeout(10_000), ...own);
    return undefined;
  } catch (error) {
    if (!isPodidError(error) && !(error instanceof DOMException)) {
      throw error;
    }
    return error.message;
  }
}
