import { type Drift, driftText } from '../../domain/entries/drift.ts';
import {
  entryText,
  type PodIdentity,
  type PodIdentityException,
  type SecretSignIn,
} from '../../domain/entries/pod-identity.ts';
import type { ObjectChange } from '../../domain/kubernetes/cluster-objects.ts';
import { bindingLabel } from '../../domain/kubernetes/identity-resources.ts';
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
    identity: { resourceId, clientId, objectId },
    provisioningState: entry.provisioningState ?? null,
    ...(entry.error === undefined ? {} : { error: { code: entry.error.code, message: entry.error.message } }),
    ...(entry.servicePrincipal === undefined ? {} : { servicePrincipal: entry.servicePrincipal }),
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

export const identityShape = shape<PodIdentity>(
  ['NAME', (entry) => entry.name],
  ['NAMESPACE', (entry) => entry.namespace],
  ['SELECTOR', (entry) => entry.bindingSelector],
  ['CLIENT-ID', (entry) => entry.identity.clientId],
  ['STATE', stateText],
);

/** One entry as a record: nothing of an id is cut off. */
export const identityRecord: TableShape = {
  ...identityShape,
  text: (entry: PodIdentity) => {
    const { resourceId, clientId, objectId } = entry.identity;
    const { servicePrincipal } = entry;
    const lines: readonly (readonly [string, string | undefined])[] = [
      ['name', entry.name],
      ['namespace', entry.namespace],
      ['kind', servicePrincipal && 'service principal'],
      ['state', entry.provisioningState ?? 'not known'],
      ['reason', entry.error && `${entry.error.code}: ${entry.error.message}`],
      [
        'pods',
        `those of namespace ${entry.namespace} with the label ${bindingLabel}=${entry.bindingSelector}`,
      ],
      ['resource id', resourceId],
      ['client id', clientId],
      ['object id', objectId],
      ['tenant id', servicePrincipal?.tenantId],
      ['more tenants', servicePrincipal?.auxiliaryTenantIds?.join(', ')],
      ['signs in by', servicePrincipal && signInText(servicePrincipal)],
      ['object', `AzureIdentity ${entry.namespace}/${entry.name}`],
    ];
    return lines.map(([name, value]) => (value ? `${name.padEnd(13)}${value}\n` : '')).join('');
  },
};

function signInText({ signsInBy, secret }: SecretSignIn): string {
  return `${signsInBy === 'secret' ? 'a client secret' : 'a certificate'}, from Secret ${entryText(secret)}`;
}

/** An entry that has gone, as it was before. */
export const deletedShape: TableShape = {
  ...identityShape,
  columns: identityShape.columns.map((column) =>
    column.heading === 'STATE' ? { ...column, heading: 'STATE-BEFORE' } : column,
  ),
};

function stateText({ provisioningState, error, servicePrincipal }: PodIdentity): string | undefined {
  if (error !== undefined) {
    return `${provisioningState}: ${error.code}, ${error.message}`;
  }
  const kind = servicePrincipal === undefined ? [] : ['service principal'];
  return [...(provisioningState === undefined ? [] : [provisioningState]), ...kind].join(', ') || undefined;
}

export const exceptionShape = shape<PodIdentityException>(
  ['NAME', (entry) => entry.name],
  ['NAMESPACE', (entry) => entry.namespace],
  [
    'LABELS',
    (entry) =>
      Object.entries(entry.podLabels)
        .map(([key, value]) => `${key}=${value}`)
        .join(' '),
  ],
);

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
  rows: (result: { readonly objects: readonly ObjectChange[]; readonly drift?: readonly Drift[] }) => [
    ...result.objects,
    ...(result.drift ?? []).filter(({ state }) => state === 'extra').map(extraRow),
  ],
};

function extraRow(drift: Drift): ObjectRow {
  const { kind, namespace, name } = drift;
  return { kind, namespace, name, action: 'extra', reason: driftText(drift) };
}
