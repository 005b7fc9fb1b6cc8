import { createHash } from 'node:crypto';
import { identityApi } from '../../domain/kubernetes/identity-resources.ts';
import type { Assignment } from '../../domain/standard-mode/desired-assignments.ts';
import { type EventSubject, podMessage, podSubject } from '../../k8s/client/object-event.ts';
import type { AssignmentStep } from '../decide/diff-assignments.ts';
import type { MachineFleet } from '../machines/machine-fleet.ts';
import type { PodOutcome } from './assignment-keeper.ts';
import type { EventWriter, Told } from './event-writer.ts';

/** Of so many pods and bindings it is known what was said of them; of more, it may be said again. */
const mostSubjects = 50_000;

/** Turns how pods stand into Events, each once until it is another one. */
export class PodReports {
  readonly #events: Pick<EventWriter, 'tell'>;
  readonly #fleet: Pick<MachineFleet, 'troubleOf'>;
  /** A digest of what was said last of each pod and binding. */
  readonly #said = new Map<string, string>();

  constructor(events: Pick<EventWriter, 'tell'>, fleet: Pick<MachineFleet, 'troubleOf'>) {
    this.#events = events;
    this.#fleet = fleet;
  }

  decided({ podKey, pod, wants, wanted }: PodOutcome): void {
    const key = `pod ${podKey}`;
    if (pod === undefined) {
      this.#said.delete(key);
      return;
    }
    const troubles = wanted
      .filter(({ state }) => state === 'Created')
      .flatMap(({ assignment }) => this.#troubleWith(assignment));
    const reasons = [...wants.refusals.map(({ message }) => message), ...troubles];
    if (reasons.length > 0) {
      const message = podMessage(reasons.join(' '), pod);
      this.#tell(key, { about: podSubject(pod), type: 'Warning', reason: 'IdentityNotAssigned', message });
    }
    for (const { assignment, state } of wanted) {
      const [trouble] = state === 'Created' ? this.#troubleWith(assignment) : [];
      if (trouble !== undefined) {
        this.#tellBinding(assignment, { type: 'Warning', reason: 'IdentityNotAssigned', message: trouble });
      }
    }
  }

  /** A write that said `Assigned` of what did not say so before. */
  written(step: AssignmentStep): void {
    const isNews = step.kind === 'create' || step.kind === 'state';
    if (!isNews || step.shown.state !== 'Assigned') {
      return;
    }
    const { assignment } = step;
    const { pod, identity } = assignment;
    const { namespace, name } = identity.metadata;
    const message = `AzureIdentity ${namespace}/${name} is assigned on node ${pod.nodeName}.`;
    this.#tell(`pod ${pod.namespace}/${pod.name}`, {
      about: podSubject(pod),
      type: 'Normal',
      reason: 'IdentityAssigned',
      message,
    });
    this.#tellBinding(assignment, {
      type: 'Normal',
      reason: 'IdentityAssigned',
      message: `AzureIdentity ${namespace}/${name} is assigned to pods of this binding.`,
    });
  }

  #troubleWith({ machineId, resource, identity }: Assignment): string[] {
    const trouble =
      machineId === undefined || resource === undefined
        ? undefined
        : this.#fleet.troubleOf(machineId, resource.key);
    const { namespace, name } = identity.metadata;
    return trouble === undefined ? [] : [`AzureIdentity ${namespace}/${name}: ${trouble.message}`];
  }

  #tellBinding({ binding }: Assignment, told: Omit<Told, 'about'>): void {
    const { namespace, name, uid = '' } = binding.metadata;
    const apiVersion = `${identityApi.group}/${identityApi.version}`;
    const about: EventSubject = { apiVersion, kind: 'AzureIdentityBinding', namespace, name, uid };
    this.#tell(`binding ${namespace}/${name}`, { about, ...told });
  }

  #tell(key: string, told: Told): void {
    const text = `${told.about.uid} ${told.reason} ${told.message}`;
    const digest = createHash('sha256').update(text).digest('base64url');
    if (this.#said.get(key) === digest) {
      return;
    }
    this.#said.delete(key);
    this.#said.set(key, digest);
    const [oldest] = this.#said.keys();
    if (this.#said.size > mostSubjects && oldest !== undefined) {
      this.#said.delete(oldest);
    }
    this.#events.tell(told);
  }
}
