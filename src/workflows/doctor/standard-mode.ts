import type { Machine } from '../../domain/azure/machines.ts';
import { machineOfNode } from '../../domain/azure/machines.ts';
import type { Deps } from '../../domain/deps.ts';
import type { AssignmentScope } from '../../domain/kubernetes/decide/binding-fit.ts';
import { isAssignedTo } from '../../domain/kubernetes/decide/pod-decision.ts';
import type { LiveAssignment } from '../../domain/kubernetes/live-assignment.ts';
import type { Pod } from '../../domain/kubernetes/pod.ts';
import type { AgentPod, ConnectedCluster } from '../../domain/kubernetes/workloads.ts';
import { isForceNamespaced, isLeading } from '../../domain/standard-mode/controller.ts';
import {
  type Assignment,
  type DecisionFacts,
  wantsOfPod,
} from '../../domain/standard-mode/desired-assignments.ts';
import type { Evidence, StandardEvidence } from './evidence.ts';
import { resourcesForAgents } from './pod-decisions.ts';
import { type Probe, probeNext, readOr } from './probe.ts';

/** Whose mode is AKS's own affair is looked after by AKS while the add-on is on, or may be. */
export function waitsForController(
  { needsMic, ofAddon }: AgentPod,
  { cluster }: Pick<Evidence, 'cluster'>,
): boolean {
  const isAddonOff = cluster.kind === 'read' && !cluster.value.profile.enabled;
  return needsMic && (!ofAddon || isAddonOff);
}

/** What a controller should have done for a pod, and what it has. */
export interface SeenAssignment {
  readonly pod: Pod;
  readonly wanted: Assignment;
  /** Absent: nobody has written it. */
  readonly found?: LiveAssignment;
  /** Of the node. Absent where it may not be read. */
  readonly machine?: Machine;
}

/** Of the pods in question, those on a machine that is known; decided as the controller decides. */
export function assignmentsInQuestion(evidence: Evidence, standard: StandardEvidence): SeenAssignment[] {
  const facts = factsOf(evidence, standard);
  const live = readOr(standard.assignments, []);
  const machines = new Map(
    readOr(evidence.machines, []).map((machine) => [machine.resourceId.toLowerCase(), machine]),
  );
  return readOr(evidence.pods, []).flatMap((pod) =>
    wantsOfPod(pod, facts)
      .assignments.filter(({ resource, machineId }) => resource === undefined || machineId !== undefined)
      .map((wanted) => {
        const found = live.find((each) => isAssignedTo(pod, each) && isOf(each, wanted));
        const machine = machines.get(wanted.machineId ?? '');
        return {
          pod,
          wanted,
          ...(found === undefined ? {} : { found }),
          ...(machine === undefined ? {} : { machine }),
        };
      }),
  );
}

/** `''` was all that MIC 1.4 wrote. */
export function isAssigned({ found }: Pick<SeenAssignment, 'found'>): boolean {
  return found !== undefined && ['', 'Assigned'].includes(found.status?.status ?? '');
}

function isOf({ spec }: LiveAssignment, { identity }: Assignment): boolean {
  const { namespace, name } = spec.azureIdentityRef?.metadata ?? {};
  return namespace === identity.metadata.namespace && name === identity.metadata.name;
}

/** What of the cluster the controller decides by. */
function factsOf(evidence: Evidence, standard: StandardEvidence): DecisionFacts {
  const { bindings } = resourcesForAgents(evidence);
  const nodes = new Map(readOr(evidence.nodes, []).map(({ name, providerId }) => [name, providerId]));
  const sorted = [...bindings].sort((a, b) => compare(keyOf(a), keyOf(b)));
  return {
    ...scopeOf(evidence, standard),
    bindingsWith: (selector) => sorted.filter(({ spec }) => spec.selector === selector),
    providerIdOf: (node) => nodes.get(node),
    mayChange: () => true,
  };
}

/** Where the controller looks for bindings: its flags say it, else the habit of whoever leads. */
export function scopeOf(
  evidence: Pick<Evidence, 'cluster' | 'objects'>,
  standard: Pick<StandardEvidence, 'controllers' | 'locks' | 'readMs'>,
): AssignmentScope {
  const { identities } = resourcesForAgents(evidence);
  const byName = new Map(identities.map((identity) => [keyOf(identity), identity]));
  const leader = readOr(standard.locks, []).find((lock) => isLeading(lock, standard.readMs));
  return {
    identities: byName,
    forceNamespaced: isForceNamespaced(readOr(standard.controllers, []), leader),
  };
}

/** Nodes in question that name no machine of Azure: their pods get nothing. */
export function namesNoMachine({ providerId }: { readonly providerId: string }): boolean {
  return machineOfNode(providerId) === undefined;
}

function keyOf({ metadata }: { readonly metadata: { readonly namespace: string; readonly name: string } }) {
  return `${metadata.namespace}/${metadata.name}`;
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Which controllers of standard mode there are, and who leads. */
export async function readControllers(
  { clock, signal }: Pick<Deps, 'clock' | 'signal'>,
  api: Probe<ConnectedCluster>,
): Promise<Pick<StandardEvidence, 'controllers' | 'locks' | 'readMs'>> {
  const controllers = await probeNext(signal, api, ({ standardMode }) => standardMode.controllers(signal));
  const locks = await probeNext(signal, api, ({ standardMode }) =>
    standardMode.locks(readOr(controllers, []), signal),
  );
  return { controllers, locks, readMs: clock.now() };
}
