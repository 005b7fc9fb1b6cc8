import { counted } from '../../domain/counted.ts';
import type { PageBlock } from '../../terminal/page/page-block.ts';
import { letterOf, matrixBlocks } from './access-matrix.ts';
import { isNodeWide, nodeWideBlocks } from './access-node-wide.ts';
import { reverseBlocks } from './access-reverse.ts';
import type { ShownAccess, ShownIdentity, ShownWay } from './access-view.ts';

/** The report as a page: what one has to know first, what to do, then everything by identity and the other way round. */
export function accessPage(shown: ShownAccess): readonly PageBlock[] {
  const links = linksOf(shown.identities);
  return [
    { kind: 'text', text: `Cluster ${shown.cluster}, read ${shown.at} by ${shown.by}.` },
    { kind: 'tiles', tiles: tilesOf(shown) },
    ...unreadBlocks(shown),
    ...findingBlocks(shown),
    ...matrixBlocks(shown.identities, links),
    ...nodeWideBlocks(shown.identities),
    ...becomeBlocks(shown),
    ...reverseBlocks(shown.identities),
    { kind: 'heading', level: 2, id: 'identities', text: 'Each identity' },
    ...shown.identities.flatMap((identity) => identityBlocks(identity, links)),
  ];
}

/** Ids of headings by resource id or name: those of a page are all different. */
function linksOf(identities: readonly ShownIdentity[]): ReadonlyMap<ShownIdentity, string> {
  const used = new Set<string>();
  return new Map(
    identities.map((identity) => {
      const plain = `of-${identity.name.replace(/[^\w-]+/g, '-')}`;
      let id = plain;
      for (let number = 2; used.has(id); number += 1) {
        id = `${plain}-${number}`;
      }
      used.add(id);
      return [identity, id];
    }),
  );
}

function tilesOf({ identities, findings, unread }: ShownAccess): readonly (readonly [number, string])[] {
  const count = (wanted: string) => findings.filter(({ severity }) => severity === wanted).length;
  return [
    [identities.length, 'identities'],
    [count('high'), 'high findings'],
    [count('medium'), 'medium findings'],
    [count('low'), 'low findings'],
    [unread.length, 'parts unknown'],
  ];
}

function unreadBlocks({ unread }: ShownAccess): readonly PageBlock[] {
  return unread.length === 0
    ? []
    : [
        { kind: 'heading', level: 2, id: 'unknown', text: 'What is not known' },
        { kind: 'text', text: 'What could not be read is unknown, and not safe.' },
        {
          kind: 'table',
          caption: 'Parts that could not be read',
          columns: ['What', 'Why'],
          rows: unread.map(({ what, why }) => ({ cells: [what, why] })),
        },
      ];
}

function findingBlocks({ findings }: ShownAccess): readonly PageBlock[] {
  const heading: PageBlock = { kind: 'heading', level: 2, id: 'findings', text: 'Findings, the worst first' };
  return findings.length === 0
    ? [heading, { kind: 'text', text: 'Nothing was found in what could be read.' }]
    : [
        heading,
        {
          kind: 'findings',
          findings: findings.map(({ severity, code, message, hint }) => ({
            mark: severity === 'high' || severity === 'medium' ? severity : 'low',
            code,
            text: message,
            hint,
          })),
        },
      ];
}

function becomeBlocks({ couldBecome: { kubernetes, azure } }: ShownAccess): readonly PageBlock[] {
  return [
    { kind: 'heading', level: 2, id: 'become', text: 'Who could get there by one more step' },
    kubernetes === null
      ? { kind: 'text', text: 'In Kubernetes: unknown.' }
      : {
          kind: 'table',
          caption: `By rights in Kubernetes (${kubernetes.length})`,
          columns: ['Who', 'Namespace', 'May', 'By'],
          named: true,
          rows: kubernetes.map(({ who, namespace, rights, via }) => ({
            cells: [who, namespace ?? 'every', rights.join(', '), via.join(', ')],
          })),
        },
    azure === null
      ? { kind: 'text', text: 'In Azure: unknown.' }
      : {
          kind: 'table',
          caption: `By roles in Azure (${azure.length})`,
          columns: ['Scope', 'Role', 'Principal', 'May'],
          named: true,
          rows: azure.map(({ scope, role, principalId, rights }) => ({
            cells: [scope, role, principalId, rights.join(', ')],
          })),
        },
  ];
}

function identityBlocks(
  identity: ShownIdentity,
  links: ReadonlyMap<ShownIdentity, string>,
): readonly PageBlock[] {
  const { name, resourceId, clientId, objects, purpose, roles, nodes, lastAsked, unknown } = identity;
  const own = identity.ways.filter((way) => !isNodeWide(way));
  const wide = identity.ways.filter(isNodeWide);
  const facts: (readonly [string, string | readonly string[]])[] = [
    ['Id', resourceId ?? 'not known'],
    ['Client id', clientId ?? 'not known'],
    ...(objects.length === 0 ? [] : [['AzureIdentity', objects.join(', ')] as const]),
    ...(purpose === null ? [] : [['For', purpose] as const]),
    ['Roles', roles === null ? 'unknown' : orNone(roles.map(roleText))],
    ['Ways of its own', own.length === 0 && unknown.length > 0 ? 'unknown' : orNone(own.map(ownText))],
    ...(wide.length === 0 ? [] : [['Ways of its nodes', wideText(wide)] as const]),
    ...(unknown.length === 0 ? [] : [['Not known', unknown.join(', ')] as const]),
    ['Nodes', nodes === null ? 'unknown' : someOf(nodes)],
    ['Last asked', lastAsked ?? 'not seen'],
  ];
  return [
    { kind: 'heading', level: 3, text: name, id: links.get(identity) ?? '' },
    { kind: 'facts', facts },
  ];
}

function roleText({ role, scope, conditional }: NonNullable<ShownIdentity['roles']>[number]): string {
  return `${role} of ${scope}${conditional ? ', under a condition' : ''}`;
}

function ownText({ way, namespace, who, pods, workloads }: ShownWay): string {
  const where = namespace === null ? '' : ` in ${namespace}`;
  const now = pods === null ? 'pods unknown' : counted(pods, 'pod');
  return `${way}${where}: ${who}; ${now}${workloads.length === 0 ? '' : ` of ${someOf(workloads)}`}`;
}

function wideText(ways: readonly ShownWay[]): string {
  const counts = new Map<string, number>();
  for (const { way } of ways) {
    counts.set(way, (counts.get(way) ?? 0) + 1);
  }
  const parts = [...counts].map(([way, count]) => `${way} (${letterOf(way)}): ${count}`);
  return `${parts.join(', ')}; see “Past the agents”`;
}

const mostNames = 5;

export function someOf(names: readonly string[]): string {
  const more = names.length - mostNames;
  const some = names.slice(0, mostNames).join(', ');
  return more > 0 ? `${some} and ${more} more` : some || 'none';
}

function orNone(texts: readonly string[]): string | readonly string[] {
  return texts.length === 0 ? 'none' : texts;
}
