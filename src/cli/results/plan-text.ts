import { counted } from '../../domain/counted.ts';
import type { Colours } from '../../terminal/colours.ts';
import { type DiffItem, diffText } from '../../terminal/diff-text.ts';
import type { Change, Plan } from '../../workflows/change/outcome.ts';

/** A plan as people read it: what comes, goes and changes, and what it costs. */
export function planText(plan: Plan, colour: Colours): string {
  const onlyThere = (plan.onlyInCluster ?? []).map(
    ({ kind, namespace, name }) => `  ${titles[kind]} ${namespace}/${name}\n`,
  );
  const others =
    onlyThere.length === 0
      ? ''
      : `Objects in the cluster that will have no entry in Azure:\n${onlyThere.join('')}`;
  return `${changesText(plan, colour)}${others}${summary(plan)}\n`;
}

/** Those of each step below its title. */
function changesText({ changes, steps }: Plan, colour: Colours): string {
  const text = (some: readonly Change[]) => diffText(shownChanges(some).map(asItem), colour);
  if (steps === undefined) {
    return text(changes);
  }
  return steps
    .map(({ step, title }) => {
      const own = changes.filter((change) => change.step === step);
      return `${title}\n${own.length === 0 ? '  nothing to write\n' : text(own)}\n`;
    })
    .join('');
}

const signs = { add: '+', update: '~', delete: '-', replace: '-/+' } as const;

const titles: Readonly<Record<Change['kind'], string>> = {
  identity: 'pod identity',
  exception: 'exception',
  roleAssignment: 'role',
  managedIdentity: 'managed identity',
  addon: 'add-on',
  object: 'object in the cluster',
  cluster: 'cluster',
  nodePool: 'node pool',
  machine: 'machine',
  federatedCredential: 'federated credential of',
  tokenSource: 'token source of',
  serviceAccount: 'service account',
  workload: 'workload',
  tokenRole: 'right to make tokens of service accounts',
};

/**
 * Members that a person has no use for in a new or departing entry: ids that stand for the one named already.
 */
const idsOnly = ['identity.clientId', 'identity.objectId', 'principalId', 'roleDefinitionId'];

/** The one member that Azure does not change in an entry. */
const forcesReplacement = 'identity.resourceId';

type ShownChange = Omit<Change, 'action'> & { readonly action: Change['action'] | 'replace' };

/**
 * What goes and comes again under its name is one thing to people, in the place where it goes. An object without a
 * name gets one when it is made.
 */
function shownChanges(changes: readonly Change[]): readonly ShownChange[] {
  const keyOf = ({ kind, namespace, name, step }: Change) => `${step} ${kind} ${namespace}/${name}`;
  const added = new Map(
    changes.filter(({ action }) => action === 'add').map((change) => [keyOf(change), change] as const),
  );
  const deleted = new Set(changes.filter(({ action }) => action === 'delete').map(keyOf));
  return changes.flatMap((change): ShownChange[] => {
    if (change.kind === 'object' && change.name === null) {
      return [change];
    }
    const again = added.get(keyOf(change));
    if (change.action === 'delete' && again !== undefined) {
      return [{ ...change, action: 'replace', after: again.after }];
    }
    return change.action === 'add' && deleted.has(keyOf(change)) ? [] : [change];
  });
}

function asItem(change: ShownChange): DiffItem {
  const before = facts(change.before);
  const after = facts(change.after);
  const names = [...new Set([...before.keys(), ...after.keys()])];
  const isNew = change.action === 'add' || change.action === 'delete';
  const told = names.filter((name) => !isNew || !idsOnly.includes(name));
  return {
    sign: signs[change.action],
    title: titleOf(change),
    lines: told.flatMap((name) => {
      const [old, fresh] = [before.get(name), after.get(name)];
      if (old === fresh) {
        return [];
      }
      const why = whyOf(change, name);
      // What a change takes away would read as what it sets.
      const goes = change.action === 'update' && old && !fresh && why === undefined;
      return [
        {
          name,
          ...(old ? { before: old } : {}),
          ...(fresh ? { after: fresh } : {}),
          ...(goes ? { after: '(none)' } : {}),
          ...(why === undefined ? {} : { why }),
        },
      ];
    }),
  };
}

function whyOf({ action, kind }: ShownChange, name: string): string | undefined {
  if (action === 'replace' && name === forcesReplacement) {
    return 'forces replacement';
  }
  // Nothing but the state goes: the entry is sent as it is, and Azure takes that for a new one.
  return action === 'update' && kind === 'identity' && name === 'provisioningState'
    ? 'Azure tries it again'
    : undefined;
}

function titleOf({ kind, namespace, name, before, after }: ShownChange): string {
  if (kind === 'roleAssignment') {
    return `role ${textIn(after, 'role') ?? 'Managed Identity Operator, for the cluster'}`;
  }
  const object = kind === 'object' ? textIn(after ?? before, 'kind') : undefined;
  const title = object ?? titles[kind];
  if (name === null) {
    // A namespace alone would read as a name.
    return namespace === null ? title : `${title} in namespace ${namespace}`;
  }
  return `${title} ${namespace === null ? '' : `${namespace}/`}${name}`;
}

function textIn(value: unknown, key: string): string | undefined {
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  const found = Object.entries(value).find(([each]) => each === key)?.[1];
  return typeof found === 'string' ? found : undefined;
}

/** Every text in the value by its path, without what the title says already. */
function facts(value: unknown, path = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null) {
    return new Map(value === undefined || value === null || value === '' ? [] : [[path, String(value)]]);
  }
  const inner = Object.entries(value).filter(
    ([key]) => path !== '' || !['name', 'namespace', 'role', 'kind'].includes(key),
  );
  return new Map(inner.flatMap(([key, one]) => [...facts(one, path === '' ? key : `${path}.${key}`)]));
}

function summary({ stopped = [], ...plan }: Plan): string {
  const stays = stopped.length === 0 ? [] : [staysText(stopped)];
  return (
    [...(plan.changes.length === 0 && plan.puts === 0 ? [] : [costs(plan)]), ...stays].join(' ') || nothing
  );
}

const nothing = 'Nothing to change.';

/** `2 workloads stay as they are: blocked (SaDefault, SdkTooOld).` Those of one run are of one sort. */
function staysText(stopped: NonNullable<Plan['stopped']>): string {
  const codes = [...new Set(stopped.map(({ code }) => code))].join(', ');
  const who = stopped.every(({ kind }) => kind === 'AzureIdentity')
    ? counted(stopped.length, 'identity', 'identities')
    : counted(stopped.length, 'workload');
  return `${who} ${stopped.length === 1 ? 'stays as it is' : 'stay as they are'}: blocked (${codes}).`;
}

function costs({ changes, puts, steps }: Plan): string {
  const shown = shownChanges(changes);
  const counts = Object.entries(verbs).flatMap(([action, verb]) => {
    const counted = countedKinds(shown.filter((change) => change.action === action));
    return counted === '' ? [] : [`${counted} to ${verb}`];
  });
  const writes = ['no write', 'one write'][puts] ?? `${puts} writes`;
  return `${[...counts, ''].join('; ')}${writes} of the cluster in Azure.${puts > 1 && steps === undefined ? whyTwice(shown) : ''}`;
}

/** What a summary counts, one and several. */
const nouns = {
  entry: ['entry', 'entries'],
  roleAssignment: ['role', 'roles'],
  managedIdentity: ['managed identity', 'managed identities'],
  addon: ['add-on', 'add-ons'],
  object: ['object in the cluster', 'objects in the cluster'],
  cluster: ['cluster', 'clusters'],
  nodePool: ['node pool', 'node pools'],
  machine: ['machine', 'machines'],
  federatedCredential: ['federated credential', 'federated credentials'],
  tokenSource: ['token source', 'token sources'],
  serviceAccount: ['service account', 'service accounts'],
  workload: ['workload', 'workloads'],
  tokenRole: [titles.tokenRole, 'rights to make tokens of service accounts'],
} as const satisfies Record<
  Exclude<Change['kind'], 'identity' | 'exception'> | 'entry',
  readonly [string, string]
>;

const verbs: Readonly<Record<ShownChange['action'], string>> = {
  add: 'add',
  update: 'change',
  replace: 'replace',
  delete: 'delete',
};

/** `2 entries, 1 role and 3 objects in the cluster`: a role or an object is no entry of the file. */
function countedKinds(changes: readonly ShownChange[]): string {
  const kinds = changes.map(({ kind }) => (kind === 'identity' || kind === 'exception' ? 'entry' : kind));
  const counted = Object.entries(nouns).flatMap(([kind, [one, many]]) => {
    const { length } = kinds.filter((each) => each === kind);
    return length === 0 ? [] : [`${length} ${length === 1 ? one : many}`];
  });
  const last = counted.pop();
  return last === undefined || counted.length === 0 ? (last ?? '') : `${counted.join(', ')} and ${last}`;
}

/** Each reason for another write, as a sentence. */
function whyTwice(changes: readonly ShownChange[]): string {
  const has = (action: ShownChange['action'], kind: Change['kind']): boolean =>
    changes.some((change) => change.action === action && change.kind === kind);
  const reasons = [
    has('update', 'cluster') &&
      "The first creates the control plane's new principal; until the second, the entries may be Failed.",
    has('add', 'addon') && 'The first turns the add-on on; the second has the entries.',
    has('update', 'addon') && 'The first lets the add-on run on kubenet; the second has the entries.',
    has('replace', 'identity') &&
      'Azure replaces an identity under the same name only in two steps, and its pods get no tokens in between.',
  ];
  return reasons.flatMap((reason) => (reason === false ? [] : ` ${reason}`)).join('');
}
