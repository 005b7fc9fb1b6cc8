import type { Assignment, DecisionFacts } from '../../domain/standard-mode/desired-assignments.ts';
import { nameKey } from '../decide/diff-assignments.ts';
import { type AssignmentName, nameAssignment } from '../decide/name-assignment.ts';
import { podOf } from './live-index.ts';
import type { MicView } from './mic-view.ts';

/** Which assignment has which name: no two have the same. */
export class AssignmentNames {
  readonly #view: Pick<MicView, 'live' | 'pods'>;
  readonly #facts: Pick<DecisionFacts, 'forceNamespaced'>;
  /** Keys of assignments by their names. */
  readonly #owners = new Map<string, string>();
  readonly #namesOfPod = new Map<string, readonly string[]>();

  constructor(view: Pick<MicView, 'live' | 'pods'>, facts: Pick<DecisionFacts, 'forceNamespaced'>) {
    this.#view = view;
    this.#facts = facts;
  }

  /** Names all assignments of a pod, and gives back the names that it had. @param podKey `namespace/name` */
  give(
    podKey: string,
    assignments: readonly Assignment[],
  ): readonly { readonly at: AssignmentName; readonly assignment: Assignment }[] {
    for (const name of this.#namesOfPod.get(podKey) ?? []) {
      this.#owners.delete(name);
    }
    const named = assignments.map((assignment) => {
      const isTaken = (at: AssignmentName) => this.#isTaken(nameKey(at), assignment.key);
      const at = nameAssignment(assignment, this.#facts.forceNamespaced, isTaken);
      this.#owners.set(nameKey(at), assignment.key);
      return { at, assignment };
    });
    this.#namesOfPod.set(
      podKey,
      named.map(({ at }) => nameKey(at)),
    );
    if (named.length === 0) {
      this.#namesOfPod.delete(podKey);
    }
    return named;
  }

  /** By another assignment, or by one that stands there for a pod that is there, too. */
  #isTaken(name: string, key: string): boolean {
    const owner = this.#owners.get(name);
    if (owner !== undefined) {
      return owner !== key;
    }
    const live = this.#view.live.get(name);
    if (live === undefined || this.#view.pods.get(podOf(live)) === undefined) {
      return false;
    }
    const identity = live.spec.azureIdentityRef?.metadata;
    return `${podOf(live)}/${identity?.namespace}/${identity?.name}` !== key;
  }
}
