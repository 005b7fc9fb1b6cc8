import { counted } from '../../domain/counted.ts';
import type { PageBlock } from '../../terminal/page/page-block.ts';
import type { ShownIdentity, ShownWay } from './access-view.ts';

/** Whether it leads to every identity of a node: such a way is told once, and not with each of them. */
export function isNodeWide({ way }: Pick<ShownWay, 'way'>): boolean {
  return ['exception', 'host-network', 'unguarded-node'].includes(way);
}

const mostNames = 3;

/** What leads to all identities of nodes, each once, with how many it leads to. */
export function nodeWideBlocks(identities: readonly ShownIdentity[]): readonly PageBlock[] {
  const found = new Map<string, { way: ShownWay; names: string[]; nodes: Set<string>; isCounted: boolean }>();
  for (const { name, ways } of identities) {
    for (const way of ways.filter(isNodeWide)) {
      const key = `${way.way} ${way.namespace ?? ''} ${way.who}`;
      const known = found.get(key) ?? { way, names: [], nodes: new Set(), isCounted: true };
      found.set(key, known);
      known.names.push(name);
      known.isCounted &&= way.nodes !== null;
      for (const node of way.nodes ?? []) {
        known.nodes.add(node);
      }
    }
  }
  const heading: PageBlock = { kind: 'heading', level: 2, id: 'nodes', text: 'Past the agents' };
  if (found.size === 0) {
    return [heading, { kind: 'text', text: 'No way to all identities of a node was seen.' }];
  }
  return [
    heading,
    {
      kind: 'table',
      caption: 'Ways to every identity of a node',
      columns: ['Who', 'Way', 'Namespace', 'Nodes', 'Identities'],
      named: true,
      rows: [...found.values()].map(({ way: { way, namespace, who }, names, nodes, isCounted }) => ({
        cells: [
          who,
          way,
          namespace ?? '*',
          isCounted ? [...nodes].sort().slice(0, mostNames).join(', ') + more(nodes.size) : 'unknown',
          names.length > mostNames ? counted(names.length, 'identity', 'identities') : names.join(', '),
        ],
      })),
    },
  ];
}

function more(count: number): string {
  return count > mostNames ? ` and ${count - mostNames} more` : '';
}
