import { entryText, type PodIdentityException } from '../../domain/entries/pod-identity.ts';
import { bindingLabel } from '../../domain/kubernetes/identity-resources.ts';
import type { Reporter } from '../../domain/ports.ts';

/** An exception by the very label that binds pods takes every pod that is bound by that value. */
export function warnOfBindingLabel(
  { report }: { readonly report: Pick<Reporter, 'warn'> },
  exceptions: readonly PodIdentityException[],
): void {
  for (const { namespace, name, podLabels } of exceptions) {
    const value = Object.hasOwn(podLabels, bindingLabel) ? podLabels[bindingLabel] : undefined;
    if (value !== undefined) {
      report.warn(
        `Exception ${entryText({ namespace, name })} takes every pod of namespace ${namespace} with ${bindingLabel}=${value}, the label by which pods get an identity: they are answered as the node itself, and get no identity of their own.`,
      );
    }
  }
}
