import type { PolicyChange } from '../../domain/kubernetes/cluster-policies.ts';
import type { TableShape } from '../../terminal/print-result.ts';

export const policyChangesShape: TableShape = {
  rows: (result: { readonly objects: readonly PolicyChange[] }) => result.objects,
  columns: [
    { heading: 'KIND', cell: (object: PolicyChange) => object.kind },
    { heading: 'NAME', cell: (object: PolicyChange) => object.name },
    { heading: 'ACTION', cell: (object: PolicyChange) => object.action },
    { heading: 'REASON', cell: (object: PolicyChange) => object.reason },
  ],
};
