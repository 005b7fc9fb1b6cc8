import { type Drift, driftText } from '../../domain/entries/drift.ts';
import {
  entryProgress,
  entryText,
  type PodIdentity,
  type PodIdentityException,
} from '../../domain/entries/pod-identity.ts';
import type { ObjectChange } from '../../domain/kubernetes/cluster-objects.ts';
import type { TableShape } from '../../terminal/print-result.ts';
import type { Column } from '../../terminal/table.ts';
import type { Change } from '../../workflows/change/outcome.ts';
import { planText } from './plan-text.ts';

/** A pod identity as it is printed, members in the documented order. */
export function identityView(entry: PodIdentity): unknown {
  const { resourceId, clientId, objectId } = entry.identity;
  return {
    name: entry.name,
    namespace: entry.namespace,
    bindingSelector: entry.bindingSelector,
    ...(entry.moreSelectors === undefined ? {} : { moreSelectors: entry.moreSelectors }),
    identity: { resourceId, clientId, objectId },
    provisioningState: entry.provisioningState ?? null,
    ...(entry.error === undefined ? {} : { error: { code: entry.error.code, message: entry.error.message } }),
    ...(entry.servicePrincipal === undefined ? {} : { servicePrincipal: entry.servicePrincipal }),
    ...(entry.podCount === undefined ? {} : { podCount: entry.podCount }),
  };
}

export function exceptionView({ name, namespace, podLabels }: PodIdentityException): unknown {
  return { name, namespace, podLabels };
}

/** For results that may be null: a delete that found nothing. */
export function orNull<Result>(view: (result: Result) => unknown): (result: Result | null) => unknown {
  return (result) => (result === null ? null : view(result));
}

export function each<Result>(view: (result: Result) => unknown): (results: readonly Result[]) => unknown {
  return (results) => results.map(view);
}

/** One entry or a list of them; null is a table without rows. */
function rowsOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) {
    return value;
  }
  return value === null ? [] : [value];
}

/** A table of one row for each result. */
export function shape<Row>(...columns: readonly (readonly [string, (row: Row) => unknown])[]): TableShape {
  return { rows: rowsOf, columns: columns.map(([heading, cell]): Column => ({ heading, cell })) };
}

const identityColumns = shape<PodIdentity>(
  ['NAME', (entry) => entry.name],
  ['NAMESPACE', (entry) => entry.namespace],
  ['SELECTOR', (entry) => [entry.bindingSelector, ...(entry.moreSelectors ?? [])].join(', ')],
  ['CLIENT-ID', (entry) => entry.identity.clientId],
);

const stateColours = { done: 'green', running: 'yellow', deleting: 'yellow', failed: 'red' } as const;

const stateColumn: Column = {
  heading: 'STATE',
  cell: stateText,
  colour: (entry: PodIdentity) => stateColours[entryProgress(entry)],
  whole: true,
};

/** A reason may be longer than a row, so it stands below the table, whole. */
export const identityShape: TableShape = {
  ...identityColumns,
  columns: [...identityColumns.columns, stateColumn],
  wideColumns: [
    ...identityColumns.columns.toSpliced(3, 0, {
      heading: 'IDENTITY',
      cell: ({ identity }: PodIdentity) => identity.resourceId.split('/').at(-1),
    }),
    stateColumn,
  ],
  name: entryText,
  foot(value: PodIdentity | readonly PodIdentity[] | null, colour) {
    const entries = rowsOf(value) as readonly PodIdentity[];
    const reasons = entries.flatMap((entry) =>
      entry.error === undefined
        ? []
        : [`${colour.red(entryText(entry))}: ${entry.error.code}: ${entry.error.message}`],
    );
    const undone = entries.filter((entry) => entryProgress(entry) !== 'done').length;
    const are = undone === 1 ? 'is' : 'are';
    const count =
      undone > 0 && entries.length > 1
        ? [`${undone} of ${entries.length} pod identities ${are} not assigned.`]
        : [];
    return [...(reasons.length + count.length > 0 ? [''] : []), ...reasons, ...count]
      .map((line) => `${line}\n`)
      .join('');
  },
};

/** With the count of their pods, where they were counted. */
export function listedShape(entries: readonly PodIdentity[]): TableShape {
  if (!entries.some(({ podCount }) => podCount !== undefined)) {
    return identityShape;
  }
  const pods: Column = { heading: 'PODS', cell: ({ podCount }: PodIdentity) => podCount };
  const withPods = (columns: readonly Column[]) => columns.toSpliced(-1, 0, pods);
  return {
    ...identityShape,
    columns: withPods(identityShape.columns),
    wideColumns: withPods(identityShape.wideColumns ?? []),
  };
}

/** An entry that has gone, as it was before. */
export const deletedShape: TableShape = {
  ...identityShape,
  columns: identityShape.columns.map(asBefore),
  wideColumns: (identityShape.wideColumns ?? []).map(asBefore),
};

function asBefore(column: Column): Column {
  return column.heading === 'STATE' ? { ...column, heading: 'STATE-BEFORE' } : column;
}

/** Objects of service principals have no state of their own where Azure is not asked. */
function stateText({ provisioningState, servicePrincipal }: PodIdentity): string | undefined {
  const kind = servicePrincipal === undefined ? [] : ['service principal'];
  return [...(provisioningState === undefined ? [] : [provisioningState]), ...kind].join(', ') || undefined;
}

export const exceptionShape: TableShape = {
  ...shape<PodIdentityException>(
    ['NAME', (entry) => entry.name],
    ['NAMESPACE', (entry) => entry.namespace],
    [
      'LABELS',
      (entry) =>
        Object.entries(entry.podLabels)
          .map(([key, value]) => `${key}=${value}`)
          .join(' '),
    ],
  ),
  name: entryText,
};

export const planShape: TableShape = {
  ...shape<Change>(
    ['ACTION', (change) => change.action],
    ['KIND', (change) => change.kind],
    ['NAMESPACE', (change) => change.namespace],
    ['NAME', (change) => change.name],
  ),
  rows: (plan: { readonly changes: readonly Change[] }) => plan.changes,
  text: planText,
};

/** What differs, members in the documented order. */
export function driftView({ kind, namespace, name, state, writer, fields, arm, cluster }: Drift): unknown {
  return { kind, namespace, name, state, writer, fields, arm, cluster };
}

interface ObjectRow {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly action: string;
  readonly reason?: string;
}

/** The objects of the entries, and, where it was looked for, what the cluster has beyond them. */
export const objectsShape: TableShape = {
  ...shape<ObjectRow>(
    ['KIND', (object) => object.kind],
    ['NAMESPACE', (object) => object.namespace],
    ['NAME', (object) => object.name],
    ['ACTION', (object) => object.action],
    ['REASON', (object) => object.reason],
  ),
  none: 'There is nothing to mirror.\n',
  rows: (result: { readonly objects: readonly ObjectChange[]; readonly drift?: readonly Drift[] }) => [
    ...result.objects,
    ...(result.drift ?? []).filter(({ state }) => state === 'extra').map(extraRow),
  ],
};

function extraRow(drift: Drift): ObjectRow {
  const { kind, namespace, name } = drift;
  return { kind, namespace, name, action: 'extra', reason: driftText(drift) };
}
