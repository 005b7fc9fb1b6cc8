import type { PageBlock } from '../../terminal/page/page-block.ts';
import type { ShownIdentity } from './access-view.ts';

/** Each way as a letter, in the order of reports. */
const letters: Readonly<Record<string, string>> = {
  binding: 'B',
  exchange: 'E',
  exception: 'X',
  'host-network': 'H',
  'unguarded-node': 'U',
  federated: 'F',
  'identity-binding': 'I',
  secret: 'S',
};

/** More cells make a page that nobody reads, and no mail takes. */
const mostCells = 6_000;

export function letterOf(way: string): string {
  return letters[way] ?? way;
}

/** Identities by namespaces, a letter for each way; a list where that would be too large. */
export function matrixBlocks(
  identities: readonly ShownIdentity[],
  links: ReadonlyMap<ShownIdentity, string>,
): readonly PageBlock[] {
  const isOpen = identities.some(({ unknown }) => unknown.length > 0);
  // What nobody was able to see has a place, also where nothing was seen.
  const namespaces = [
    ...new Set([...(isOpen ? ['*'] : []), ...identities.flatMap(({ ways }) => ways.map(namespaceOf))]),
  ].sort();
  const legend = Object.entries(letters).map(([way, letter]) => `${letter} ${way}`);
  const isTooLarge = identities.length * namespaces.length > mostCells;
  return [
    { kind: 'heading', level: 2, id: 'matrix', text: 'Identities and namespaces' },
    {
      kind: 'text',
      text: `${legend.join(', ')}; ? there may be ways, or more of them, that could not be seen; * ways that are no namespace’s.`,
    },
    isTooLarge
      ? {
          kind: 'table',
          caption: 'Ways by identity',
          columns: ['Identity', 'Namespaces'],
          named: true,
          rows: identities.map((identity) => ({
            link: links.get(identity) ?? '',
            cells: [identity.name, listOf(identity)],
          })),
        }
      : {
          kind: 'table',
          caption: 'Ways by identity and namespace',
          columns: ['Identity', ...namespaces],
          named: true,
          rows: identities.map((identity) => ({
            link: links.get(identity) ?? '',
            cells: [identity.name, ...cellsOf(identity, namespaces)],
          })),
        },
  ];
}

function cellsOf(identity: ShownIdentity, namespaces: readonly string[]): readonly string[] {
  const found = lettersByNamespace(identity);
  const mark = markOf(identity);
  return namespaces.map((namespace) => `${found.get(namespace) ?? ''}${mark}`);
}

function listOf(identity: ShownIdentity): string {
  const found = [...lettersByNamespace(identity)].sort(([one], [other]) => (one < other ? -1 : 1));
  const mark = markOf(identity);
  return found.map(([namespace, ways]) => `${namespace}: ${ways}${mark}`).join(', ') || mark || 'none';
}

/** Of whatever part of the row: a way that was not seen may be anybody's. */
function markOf({ unknown }: ShownIdentity): string {
  return unknown.length > 0 ? '?' : '';
}

function lettersByNamespace({ ways }: ShownIdentity): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const way of ways) {
    const namespace = namespaceOf(way);
    const before = found.get(namespace) ?? '';
    const letter = letterOf(way.way);
    if (!before.includes(letter)) {
      found.set(namespace, before + letter);
    }
  }
  return found;
}

function namespaceOf({ namespace }: { readonly namespace: string | null }): string {
  return namespace ?? '*';
}
