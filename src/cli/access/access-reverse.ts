import type { PageBlock } from '../../terminal/page/page-block.ts';
import { letterOf } from './access-matrix.ts';
import { isNodeWide } from './access-node-wide.ts';
import type { ShownIdentity } from './access-view.ts';

/** More workloads are asked for one by one. */
const mostWorkloads = 600;

/** The other way round: what each workload gets by itself, and what identities may do, by the scope of Azure. */
export function reverseBlocks(identities: readonly ShownIdentity[]): readonly PageBlock[] {
  return [...workloadBlocks(identities), ...scopeBlocks(identities)];
}

function workloadBlocks(identities: readonly ShownIdentity[]): readonly PageBlock[] {
  const found = new Map<string, string[]>();
  for (const { name, ways } of identities) {
    for (const { way, namespace, workloads } of ways.filter((each) => !isNodeWide(each))) {
      for (const workload of workloads) {
        const key = namespace === null ? workload : `${namespace}/${workload}`;
        found.set(key, [...(found.get(key) ?? []), `${name} (${letterOf(way)})`]);
      }
    }
  }
  const sorted = [...found].sort(([one], [other]) => (one < other ? -1 : 1));
  const shown = sorted.slice(0, mostWorkloads);
  const left = sorted.length - shown.length;
  const heading: PageBlock = { kind: 'heading', level: 2, id: 'workloads', text: 'What each workload gets' };
  return [
    heading,
    ...(left === 0
      ? []
      : [
          {
            kind: 'text' as const,
            text: `${left} more workloads are left out for the size of this page: podid access --workload and -o json tell of each.`,
          },
        ]),
    shown.length === 0
      ? { kind: 'text', text: 'No workload was seen that has an identity of its own.' }
      : {
          kind: 'table',
          caption: 'Workloads, without what they get past the agents',
          columns: ['Workload', 'Identities'],
          named: true,
          rows: shown.map(([workload, names]) => ({ cells: [workload, [...new Set(names)].join(', ')] })),
        },
  ];
}

function scopeBlocks(identities: readonly ShownIdentity[]): readonly PageBlock[] {
  const found = new Map<string, { scope: string; role: string; names: string[] }>();
  for (const { name, roles } of identities) {
    for (const { scope, role } of roles ?? []) {
      const key = `${scope} ${role}`;
      const known = found.get(key) ?? { scope, role, names: [] };
      found.set(key, known);
      known.names.push(name);
    }
  }
  const sorted = [...found].sort(([one], [other]) => (one < other ? -1 : 1));
  const heading: PageBlock = {
    kind: 'heading',
    level: 2,
    id: 'scopes',
    text: 'What identities may do in Azure',
  };
  return sorted.length === 0
    ? [heading, { kind: 'text', text: 'No role of an identity was seen.' }]
    : [
        heading,
        {
          kind: 'table',
          caption: 'Roles by scope',
          columns: ['Scope', 'Role', 'Identities'],
          named: true,
          rows: sorted.map(([, { scope, role, names }]) => ({ cells: [scope, role, names.join(', ')] })),
        },
      ];
}
