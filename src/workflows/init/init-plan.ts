import { managedIdentityType, parseResourceId } from '../../domain/azure/resource-id.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import type { Command } from '../../errors/hint.ts';
import { needsKubenetConsent } from './ask-addon.ts';
import { identityIdOf } from './ask-identity.ts';
import { decidingSteps, type InitAnswers, need } from './history.ts';
import type { InitGiven } from './wizard.ts';

export type Decided = Omit<InitAnswers, 'go'>;

/** All that has to be done, and shown to people before it is. */
export interface InitPlan {
  /** Sentences without a full stop. */
  readonly steps: readonly string[];
  /** The same as podid commands, in order, for CI. */
  readonly commands: readonly Command[];
}

export function planInit(answers: Decided, given: Pick<InitGiven, 'createIdentity' | 'location'>): InitPlan {
  const { cluster, way, namespace, name, selector, roles } = answers;
  const identityId = identityIdOf(answers);
  const identity = parseResourceId(identityId, managedIdentityType)?.name ?? identityId;
  const creates = createsIdentity(answers, given);
  const steps = [
    ...(answers.feature
      ? ['Register the feature EnablePodIdentityPreview for the subscription, and wait for it']
      : []),
    ...enableSentences(answers),
    ...(creates ? [`Create the managed identity ${identityId}, unless it is there`] : []),
    ...roles.map(({ role, scope }) => `Give ${identity} the role ${role} on ${scope}`),
    way.kind === 'cluster'
      ? `Put ${identity} on the nodes of every Linux pool of cluster ${cluster.id.name}, unless it is there`
      : `Give cluster ${cluster.id.name} the role Managed Identity Operator on ${identity}, unless it has it`,
    `Let pods in namespace ${namespace} with the label aadpodidbinding=${selector} use ${identity}, as ${namespace}/${name}${way.kind === 'cluster' ? ', by objects in the cluster' : ''}`,
  ];
  const add = nextCommand('add', cluster.id, {
    mode: way.kind === 'cluster' ? 'cluster' : undefined,
    namespace,
    name,
    'identity-resource-id': identityId,
    'binding-selector': selector === name ? undefined : selector,
    'create-identity': creates ? true : undefined,
    location: creates ? given.location : undefined,
    grant: roles.length === 0 ? undefined : roles.map(({ role, scope }) => `${role}=${scope}`),
  });
  return { steps, commands: [...enableCommands(answers), add] };
}

/** Whether the add-on is turned on, or consent to kubenet recorded. */
export function enables({ cluster, way, kubenet }: Decided): boolean {
  return way.kind === 'turn on' || (kubenet && needsKubenetConsent(cluster));
}

export function createsIdentity(
  { identity }: Decided,
  { createIdentity }: Pick<InitGiven, 'createIdentity'>,
): boolean {
  return identity === undefined || createIdentity;
}

function enableSentences(answers: Decided): string[] {
  if (!enables(answers)) {
    return [];
  }
  const consent = answers.kubenet ? ', with the consent to kubenet' : '';
  return [`Turn on the pod-identity add-on of cluster ${answers.cluster.id.name}${consent}`];
}

function enableCommands(answers: Decided): Command[] {
  if (!enables(answers)) {
    return [];
  }
  const flags = {
    'register-feature': answers.feature ? (true as const) : undefined,
    'enable-pod-identity-with-kubenet': answers.kubenet ? (true as const) : undefined,
  };
  return [nextCommand('enable', answers.cluster.id, flags)];
}

/** @throws Error when an answer is missing */
export function decided(known: Partial<InitAnswers>): Decided {
  return need(known, ...decidingSteps);
}
