import type { AgentObjectChange } from '../../../domain/kubernetes/agent-cluster.ts';
import { type KubeObject, refOf } from '../../../domain/kubernetes/kube-object.ts';
import { takeoverName } from '../../../domain/takeover/hold.ts';
import type { Change, Plan } from '../../change/outcome.ts';
import type { TakeoverRun } from '../takeover-run.ts';

/** What one step would write. */
export type StepPlan = Pick<Plan, 'changes' | 'puts'>;

/** One of the steps that are left. */
export interface LeftStep {
  readonly run: TakeoverRun;
  readonly step: number;
  readonly left: readonly number[];
}

export const nothingToWrite: StepPlan = { changes: [], puts: 0 };

/** One after the other, as one plan; `title` is what people read above the changes of a step. */
export function planOfSteps(
  steps: readonly { readonly step: number; readonly title: string; readonly plan: StepPlan }[],
): Plan {
  return {
    changes: steps.flatMap(({ step, plan }) => plan.changes.map((change) => ({ ...change, step }))),
    puts: steps.reduce((sum, { plan }) => sum + plan.puts, 0),
    steps: steps.map(({ step, title }) => ({ step, title })),
  };
}

export function together(...plans: readonly StepPlan[]): StepPlan {
  return {
    changes: plans.flatMap(({ changes }) => changes),
    puts: plans.reduce((sum, { puts }) => sum + puts, 0),
  };
}

/** An object of the cluster, as a dry run of the mirror shows one. */
export function objectChange(
  action: Change['action'],
  {
    kind,
    namespace = '',
    name,
  }: { readonly kind: string; readonly namespace?: string; readonly name: string },
  more: Readonly<Record<string, unknown>> = {},
): Change {
  const described = { kind, ...more };
  return {
    action,
    kind: 'object',
    namespace: namespace === '' ? null : namespace,
    name: name === '' ? null : name,
    before: action === 'add' ? null : action === 'delete' ? described : { kind },
    after: action === 'delete' ? null : described,
  };
}

/** Those that stay as they are go unmentioned. */
export function agentChanges(objects: readonly AgentObjectChange[]): readonly Change[] {
  const actions = { create: 'add', update: 'update', delete: 'delete' } as const;
  return objects.flatMap((object) => {
    const action = actions[object.action as keyof typeof actions];
    return action === undefined ? [] : [objectChange(action, object)];
  });
}

export function writtenObjects(action: Change['action'], objects: readonly KubeObject[]): readonly Change[] {
  return objects.map((object) => objectChange(action, refOf(object)));
}

/** How far it is, as it is written down. */
export function recordChange(
  { request, found }: Pick<TakeoverRun, 'request' | 'found'>,
  isNew: boolean,
): Change {
  const isThere = !isNew || found.stored.uid !== '';
  return objectChange(isThere ? 'update' : 'add', {
    kind: 'ConfigMap',
    namespace: request.namespace,
    name: takeoverName,
  });
}

/** In the place of a ConfigMap that is not there. */
export function notStored(namespace: string): TakeoverRun['found']['stored'] {
  return { namespace, uid: '', resourceVersion: '', data: {} };
}
