import { machineTypes } from '../domain/azure/machines.ts';
import { parseResourceId } from '../domain/azure/resource-id.ts';
import type { DecisionFacts } from '../domain/standard-mode/desired-assignments.ts';
import type { MicView } from './cluster/mic-view.ts';

export interface FactSettings {
  readonly forceNamespaced: boolean;
  /** `subscription/group` or `group`, in lower case; empty: whatever the nodes name. */
  readonly groups: readonly string[];
}

/** What the decision reads, out of what is watched. */
export function decisionFacts(
  { bindings, identities, nodes }: Pick<MicView, 'bindings' | 'identities' | 'nodes'>,
  { forceNamespaced, groups }: FactSettings,
): DecisionFacts {
  return {
    bindingsWith: (selector) => bindings.with(selector),
    identities,
    providerIdOf: (node) => nodes.get(node)?.providerId,
    forceNamespaced,
    mayChange: (machineId) => groups.length === 0 || isWithin(machineId, groups),
  };
}

function isWithin(machineId: string, groups: readonly string[]): boolean {
  const id = Object.values(machineTypes)
    .map((type) => parseResourceId(machineId, type))
    .find((each) => each !== undefined);
  const group = id?.resourceGroup.toLowerCase() ?? '';
  return groups.includes(group) || groups.includes(`${id?.subscriptionId.toLowerCase()}/${group}`);
}
