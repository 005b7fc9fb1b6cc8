import { sameEntry } from '../../../domain/entries/pod-identity.ts';
import { noExchangeDefaults, tokenSourceOf } from '../../../domain/exchange/token-source.ts';
import type { AgentInstallation } from '../../../domain/kubernetes/agent-installation.ts';
import type { AzureIdentityBinding } from '../../../domain/kubernetes/identity-resources.ts';
import type { TakeoverRun } from '../takeover-run.ts';

/** By which the probe pods ask; undefined where nobody may get a token. */
export function probedBinding(
  run: Pick<TakeoverRun, 'found'>,
  agent: Pick<AgentInstallation, 'exchange'> | undefined,
): AzureIdentityBinding | undefined {
  const leads = leadingBindings(run);
  const defaults = agent?.exchange ?? noExchangeDefaults;
  const by = (kind: string) => leads.find(({ identity }) => tokenSourceOf(identity, defaults).kind === kind);
  // One that is exchanged first: no step may cost it a request.
  return (by('exchange') ?? by('imds'))?.binding;
}

/** Bindings that lead to a managed identity. An entry's before one that others wrote, which they may take away at any time. */
export function leadingBindings({ found }: Pick<TakeoverRun, 'found'>) {
  const { objects, identities: entries } = found.written.export;
  const leads = objects.bindings.flatMap((binding) => {
    const key = { namespace: binding.metadata.namespace, name: binding.spec.azureIdentity ?? '' };
    const identity = objects.identities.find(({ metadata }) => sameEntry(metadata, key));
    return identity !== undefined && (identity.spec.type ?? 0) === 0 && binding.spec.selector
      ? [{ binding, identity, isEntry: entries.some((entry) => sameEntry(entry, key)) }]
      : [];
  });
  return leads.toSorted((one, other) => Number(other.isEntry) - Number(one.isEntry));
}
