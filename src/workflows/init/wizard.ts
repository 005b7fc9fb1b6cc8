import type { ClusterId } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { ChangeOptions } from '../change/start-change.ts';
import type { WantedGrant } from '../identities/grant-roles.ts';
import type { InitAnswers, Known, Step } from './history.ts';

/** Answers that flags, variables and az's files have given. */
export interface InitGiven {
  /** Id or name. */
  readonly subscription?: string;
  readonly resourceGroup?: string;
  readonly clusterName?: string;
  /** Defaults of variables and of az: where the cursor stands. */
  readonly usualSubscription?: string;
  readonly usualGroup?: string;
  readonly usualCluster?: string;
  /** PODID_CLUSTER_NAME names the cluster, so it is asked for only of who comes back to the question. */
  readonly isUsualMeant?: boolean;
  /** `--mode`; absent: as the cluster is. */
  readonly mode?: string;
  /** For a cluster that runs as a service principal. */
  readonly enableManagedIdentity: boolean;
  readonly registerFeature: boolean;
  readonly kubenetConsent: boolean;
  readonly identityResourceId?: string;
  readonly createIdentity: boolean;
  /** Where a new identity is created; absent: the cluster's region. */
  readonly location?: string;
  readonly grants: readonly WantedGrant[];
  readonly namespace?: string;
  readonly name?: string;
  readonly bindingSelector?: string;
  readonly yes: boolean;
}

export interface Choice<Value> {
  readonly value: Value;
  readonly name: string;
  readonly facts?: string;
}

/** Questions on a terminal. `undefined` as an answer is one step back. @throws PodidError Interrupted */
export interface Questions {
  select<Value>(question: {
    readonly message: string;
    readonly choices: readonly Choice<Value>[];
    readonly initial?: Value;
  }): Promise<Value | undefined>;
  search<Value>(question: {
    readonly message: string;
    readonly choices: (typed: string) => readonly Choice<Value>[];
    readonly initial?: Value;
  }): Promise<Value | undefined>;
  text(question: {
    readonly message: string;
    readonly initial?: string;
    readonly problem: (text: string) => string | undefined;
  }): Promise<string | undefined>;
}

/** The rules for what is typed; undefined: it will do. */
export interface TypedRules {
  readonly namespace: (text: string) => string | undefined;
  readonly name: (text: string) => string | undefined;
  readonly selector: (text: string) => string | undefined;
  readonly identityName: (text: string) => string | undefined;
  readonly resourceGroup: (text: string) => string | undefined;
  readonly grant: (text: string) => string | undefined;
  readonly parseGrant: (text: string) => WantedGrant;
}

/** Before a cluster is chosen nothing can be asked of its own API. */
export interface InitDeps extends Pick<Deps, 'azure' | 'report'> {
  /** @returns all that changes and checks of this cluster depend on */
  forCluster(id: ClusterId): Omit<Deps, 'deadline'>;
}

/** What the wizard works with. */
export interface Wizard {
  readonly given: InitGiven;
  /** Absent where nobody can be asked. */
  readonly questions: Questions | undefined;
  /**
   * Azure, as one subscription's tenant has it. @param subscription id or name; undefined: the sign-in's own
   */
  readonly open: (subscription: string | undefined) => Promise<InitDeps>;
  readonly rules: TypedRules;
  readonly options: ChangeOptions;
  readonly signal: AbortSignal;
}

/** An answer, or the way that leads from a step without one. */
export type StepEnd<Value> = { readonly value: Value; readonly asked: boolean } | 'back' | 'to the cluster';

/** @param before the step's answer before the user came back to it */
export type AskStep<Which extends Step> = (
  wizard: Wizard,
  known: Known,
  before: InitAnswers[Which] | undefined,
) => Promise<StepEnd<InitAnswers[Which]>>;

export function settled<Value>(value: Value): StepEnd<Value> {
  return { value, asked: false };
}

export function asked<Value>(value: Value | undefined): StepEnd<Value> {
  return value === undefined ? 'back' : { value, asked: true };
}

/** Whoever is needed to answer. @throws Error a bug: a step asked though nobody is there */
export function someone({ questions }: Wizard): Questions {
  if (questions === undefined) {
    throw new Error('There is a question and no terminal to ask it on.');
  }
  return questions;
}

/** Who leaves the cluster without the add-on has chosen an end, and learns of the other way. */
export function endWithoutAddon(id: ClusterId): PodidError {
  return new PodidError('Interrupted', 'Nothing was changed.', {
    hint: advice`Without the add-on (docs/modes.md): ${nextCommand('init', id, { mode: 'cluster' })}`,
  });
}

/**
 * The choices in which every word typed occurs, in any case: first those whose name begins with what is typed,
 * then those whose name holds it, and last those that have it among their facts.
 */
export function fitting<Value>(choices: readonly Choice<Value>[], typed: string): readonly Choice<Value>[] {
  const text = typed.trim().toLowerCase();
  const words = text.split(/\s+/);
  const holds = (held: string) => words.every((word) => held.toLowerCase().includes(word));
  const rank = ({ name, facts = '' }: Choice<Value>) => {
    if (name.toLowerCase().startsWith(text)) {
      return 0;
    }
    return holds(name) ? 1 : holds(`${name} ${facts}`) ? 2 : 3;
  };
  return choices.filter((choice) => rank(choice) < 3).toSorted((one, other) => rank(one) - rank(other));
}
