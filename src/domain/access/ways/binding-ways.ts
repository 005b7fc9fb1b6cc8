import { entryText } from '../../entries/pod-identity.ts';
import { bindingLabelOf } from '../../kubernetes/decide/pod-decision.ts';
import { credentialOf } from '../../kubernetes/identity-credential.ts';
import type { AzureIdentity, AzureIdentityBinding } from '../../kubernetes/identity-resources.ts';
import { bindingLabel, isSelectable } from '../../kubernetes/identity-resources.ts';
import type { AccessFacts } from '../access-facts.ts';
import type { AccessPod, AccessTemplate } from '../access-objects.ts';
import type { Way } from '../access-report.ts';
import { type PodIndex, podsOfWay } from './pods-of-way.ts';

/** Pods, and what makes them, by the label that bindings go by. */
export interface ByLabel {
  readonly pods: LabelIndex<AccessPod>;
  readonly templates: LabelIndex<AccessTemplate>;
}

/** Namespaces by label, and in each what has it. */
type LabelIndex<Item> = ReadonlyMap<string, ReadonlyMap<string, readonly Item[]>>;

export function byLabel({ all = [], templates }: PodIndex): ByLabel {
  return { pods: indexed(all), templates: indexed(templates) };
}

function indexed<Item extends Pick<AccessTemplate, 'namespace' | 'labels'>>(
  items: readonly Item[],
): LabelIndex<Item> {
  const found = new Map<string, Map<string, Item[]>>();
  for (const item of items) {
    const label = bindingLabelOf(item);
    if (label !== '') {
      const namespaces = found.get(label) ?? new Map<string, Item[]>();
      found.set(label, namespaces);
      const those = namespaces.get(item.namespace) ?? [];
      namespaces.set(item.namespace, those);
      those.push(item);
    }
  }
  return found;
}

/**
 * Label and binding, by the decision that the agents make. A binding is a way without any pod, too: for the first pod of
 * its own namespace that takes the label. In standard mode pods of other namespaces may have it as well.
 */
export function bindingWays(
  objects: readonly AzureIdentity[],
  bindings: readonly AzureIdentityBinding[],
  {
    facts,
    pods,
    labelled,
  }: {
    readonly facts: Pick<AccessFacts, 'fitOf' | 'exchange'>;
    readonly pods: PodIndex;
    readonly labelled: ByLabel;
  },
): readonly Way[] {
  const wanted = new Set(objects);
  return bindings.flatMap((binding) => {
    const label = binding.spec.selector ?? '';
    const { namespace: own } = binding.metadata;
    if (label === '' || !isSelectable(label)) {
      return [];
    }
    const namespaces = new Set([
      own,
      ...(labelled.pods.get(label)?.keys() ?? []),
      ...(labelled.templates.get(label)?.keys() ?? []),
    ]);
    return [...namespaces].flatMap((namespace): readonly Way[] => {
      const fit = facts.fitOf(namespace, label, binding);
      if (fit.kind !== 'fits' || !wanted.has(fit.identity)) {
        return [];
      }
      const way = credentialOf(fit.identity, undefined, facts.exchange).kind === 'exchange';
      const found = pods.all && (labelled.pods.get(label)?.get(namespace) ?? []);
      return [
        {
          way: way ? 'exchange' : 'binding',
          namespace,
          who: `pods with ${bindingLabel}=${label} (AzureIdentityBinding ${entryText(binding.metadata)})`,
          ...podsOfWay(found, namespace, labelled.templates.get(label)?.get(namespace)),
        },
      ];
    });
  });
}
