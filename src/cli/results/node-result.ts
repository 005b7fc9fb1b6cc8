import type { TableShape } from '../../terminal/print-result.ts';
import type { NodeIdentities } from '../../workflows/nodes/node-request.ts';
import { planView } from './finish.ts';
import { each } from './result-shapes.ts';

const nodeView = ({ pool, kind, resource, identities, instancesUpToDate }: NodeIdentities): unknown => ({
  pool,
  kind,
  resource,
  identities,
  instancesUpToDate,
});

export const nodesView = each(nodeView);

/** A line for each identity, since ids are long: people look for one. */
export const nodesShape: TableShape = {
  rows: (nodes: readonly NodeIdentities[]) =>
    nodes.flatMap((node) =>
      (node.identities.length === 0 ? [''] : node.identities).map((identity) => ({ node, identity })),
    ),
  columns: [
    { heading: 'POOL', cell: ({ node }: Row) => node.pool },
    { heading: 'KIND', cell: ({ node }: Row) => node.kind },
    { heading: 'MACHINE', cell: ({ node }: Row) => node.resource.split('/').at(-1) },
    { heading: 'INSTANCES', cell: ({ node }: Row) => instancesText(node) },
    { heading: 'IDENTITY', cell: ({ identity }: Row) => nameInGroup(identity) },
  ],
};

interface Row {
  readonly node: NodeIdentities;
  readonly identity: string;
}

function instancesText({ kind, instancesUpToDate }: NodeIdentities): string {
  if (kind === 'vm') {
    return '';
  }
  if (instancesUpToDate === null) {
    return 'unknown';
  }
  return instancesUpToDate ? 'up to date' : 'lag behind';
}

/** `GROUP/NAME`. */
function nameInGroup(id: string): string {
  const [, , , , group = '', , , , name = ''] = id.split('/');
  return id === '' ? '' : `${group}/${name}`;
}

const group = '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/MC_demo-rg_demo_westeurope';
const nodes = ['vmss', 'vm'].map((kind) =>
  nodeView({
    pool: kind === 'vm' ? null : 'nodepool1',
    kind: kind as NodeIdentities['kind'],
    resource: `${group}/providers/Microsoft.Compute/virtualMachines/machine`,
    identities: [`${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web`],
    instancesUpToDate: true,
  }),
);
const before = { resource: group, identities: [group] };

/** Of the results, to try `--query` on. */
export const nodeExamples = {
  list: [nodes],
  change: [
    nodes,
    planView({
      changes: [
        { action: 'update', kind: 'machine', namespace: null, name: 'machine', before, after: before },
      ],
      puts: 0,
    }),
  ],
};
