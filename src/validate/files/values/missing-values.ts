import type { ValueNode } from './value-tree.ts';

/** Of which something has to be there, as `deploy/chart/templates/_whole.tpl` has them. */
export const neededValues: readonly string[] = [
  ...['image', 'mic', 'mic.leaderElection', 'mic.customCloud', 'nmi', 'rbac', 'podid', 'podid.image'],
  ...['podid.bootGuard', 'podid.startupTaint', 'podid.podMonitor'],
  ...['podid.serviceMonitor', 'podid.prometheusRule', 'podid.dashboard', 'podid.networkPolicy'],
  ...['podid.ciliumLocalRedirectPolicy', 'podid.podDisruptionBudget', 'podid.extraCa', 'podid.exchange'],
  'podid.mic',
  ...['operationMode', 'image.imagePullPolicy', 'nmi.kubeletConfig', 'nmi.metadataHeaderRequired'],
  ...['rbac.enabled', 'podid.image.repository', 'podid.rulesBackend', 'podid.addressGuard'],
  ...['podid.alongside', 'podid.startupTaint.key', 'podid.exchange.audience'],
];

/** @returns undefined where all are there */
export function missingValuesText(tree: ValueNode): string | undefined {
  const gone = neededValues.filter((path) => isGone(tree, path));
  const outermost = gone.filter((path) => !gone.some((other) => path.startsWith(`${other}.`)));
  return outermost.length === 0
    ? undefined
    : `These values of the chart are missing: ${outermost.join(', ')}. Set them, or leave them out: null takes a default of the chart away.`;
}

function isGone(tree: ValueNode, path: string): boolean {
  const found = path
    .split('.')
    // What is no map has a fault of its own.
    .reduce<ValueNode | undefined>(
      (node, key) => (node?.value instanceof Map ? node.value.get(key) : node),
      tree,
    );
  return (found?.value ?? null) === null;
}
