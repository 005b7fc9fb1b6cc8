import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { PodIdentity } from '../../domain/entries/pod-identity.ts';
import type { Subscription } from '../../domain/ports.ts';
import type { WantedGrant } from '../identities/grant-roles.ts';

/**
 * What the wizard comes to know, in the order of its steps. A step that does not apply is answered with what
 * leaves things as they are.
 */
export interface InitAnswers {
  readonly subscription: Subscription;
  readonly cluster: Cluster;
  readonly way: Way;
  /** Register EnablePodIdentityPreview first. */
  readonly feature: boolean;
  readonly kubenet: boolean;
  /** The id of an identity that is there; undefined: a new one. */
  readonly identity: string | undefined;
  readonly newIdentityName: string;
  readonly newIdentityGroup: string;
  readonly roles: readonly WantedGrant[];
  readonly namespace: string;
  readonly name: string;
  readonly selector: string;
  readonly go: true;
}

/** Where the entry will live: in the add-on that is on, in one that is turned on for it, or in the cluster. */
export type Way =
  | { readonly kind: 'add-on' | 'turn on' }
  | {
      readonly kind: 'cluster';
      /** What the objects in the cluster hold already. */
      readonly identities: readonly PodIdentity[];
    };

export type Step = keyof InitAnswers;
export type Known = Partial<InitAnswers>;

/** Every step before the question whether to go on, in the order in which they are asked. */
export const decidingSteps = [
  'subscription',
  'cluster',
  'way',
  'feature',
  'kubenet',
  'identity',
  'newIdentityName',
  'newIdentityGroup',
  'roles',
  'namespace',
  'name',
  'selector',
] as const satisfies readonly Step[];

const order: readonly Step[] = [...decidingSteps, 'go'];

interface Answered {
  readonly value: unknown;
  /** By the user, on the terminal; a flag's answer and one that there was no choice about are not. */
  readonly asked: boolean;
}

/** The answers so far: one for each of the first steps. */
export type History = readonly Answered[];

export interface Place {
  readonly history: History;
  /** What the step ahead was answered with before the user went back to it. */
  readonly before?: unknown;
}

export function nextStep({ history }: Place): Step | undefined {
  return order[history.length];
}

export function known({ history }: Place): Known {
  return Object.fromEntries(history.map(({ value }, at) => [order[at], value]));
}

export function answered({ history }: Place, value: unknown, asked: boolean): Place {
  return { history: [...history, { value, asked }] };
}

/** To the question asked last, past all that answered itself; undefined when there is none. */
export function stepBack({ history }: Place): Place | undefined {
  const at = history.findLastIndex(({ asked }) => asked);
  return at === -1 ? undefined : { history: history.slice(0, at), before: history[at]?.value };
}

/** To one step, if it was asked and so can be answered otherwise. */
export function backTo({ history }: Place, step: Step): Place | undefined {
  const at = order.indexOf(step);
  return history[at]?.asked ? { history: history.slice(0, at), before: history[at]?.value } : undefined;
}

/** Answers that earlier steps have given. @throws Error when one is missing: a step out of order */
export function need<Needed extends Step>(known: Known, ...steps: Needed[]): Pick<InitAnswers, Needed> {
  for (const step of steps) {
    if (!(step in known)) {
      throw new Error(`The wizard asks for ${step} too early.`);
    }
  }
  return known as Pick<InitAnswers, Needed>;
}
