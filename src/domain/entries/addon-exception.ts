import type { EntryKey } from './pod-identity.ts';

/**
 * AKS leaves this exception in the cluster when the add-on is switched on, and so does the agent's chart; no
 * entry stands for it.
 */
export function isAddonException({ namespace, name }: EntryKey): boolean {
  return namespace === 'kube-system' && name === 'aks-addon-exception';
}
