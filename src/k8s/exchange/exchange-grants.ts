import type { EntryKey } from '../../domain/entries/pod-identity.ts';
import type { ExchangeCluster, ExchangeGrant } from '../../domain/exchange/exchange-cluster.ts';
import {
  type GuardedAgent,
  guardObjects,
  isSameSpec,
  nodeTokensGuard,
  ownPodsGuard,
} from '../../domain/exchange/exchange-guard.ts';
import {
  audienceVerb,
  exchangeRoles,
  exchangeRolesLabel,
  exchangeRolesOf,
  type TokenRight,
} from '../../domain/exchange/exchange-roles.ts';
import { type KubeObject, type ObjectRef, refOf, refText } from '../../domain/kubernetes/kube-object.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import { isRecord, type JsonRecord, recordAt, recordsAt, stringAt } from '../../validate/json-record.ts';
import type { ManagedObject } from '../../validate/kubernetes/managed-object.ts';
import { writeAgentObject } from '../agent-objects/write-agent-object.ts';
import { type KubeRest, objectPath, resourceOf } from '../client/kube-rest.ts';
import { listPages } from '../client/list-pages.ts';
import { type FailureTerms, mapKubeError } from '../client/map-kube-error.ts';
import { otherManager } from '../objects/other-manager.ts';
import type { OwnedObjects } from '../objects/owned-object.ts';
import { ownedObjects } from '../objects/owned-objects.ts';

const api = 'rbac.authorization.k8s.io/v1';
/** The role first: a binding of a role that is gone gives nothing, and one that comes first is refused to many. */
const kinds = ['Role', 'RoleBinding'] as const;

/** The part of `podid exchange` that says whose tokens the agent makes. */
export function exchangeGrants(
  rest: KubeRest,
  terms: FailureTerms,
): Pick<ExchangeCluster, 'guardFault' | 'grants' | 'refusedGrants' | 'setGrants'> {
  const owned = ownedObjects(rest, {
    explain: (failure, attempt) => mapKubeError(failure, attempt, terms),
    namespaceMustExist: true,
    claimsNew: true,
  });
  return {
    async guardFault(agent, right, signal) {
      const guard = right === 'node' ? nodeTokensGuard(agent) : ownPodsGuard(agent);
      for (const object of guardObjects(guard, {})) {
        const ref = refOf(object);
        const { body, failure } = await rest({ method: 'GET', path: objectPath(ref) }, signal);
        if (failure?.httpStatus === 404) {
          return `${refText(ref)} is not there`;
        }
        if (failure !== undefined) {
          throw mapKubeError(failure, { verb: 'get', resource: resourceOf(ref) }, terms);
        }
        if (!isSameSpec(object['spec'], isRecord(body) ? body['spec'] : undefined)) {
          return `${refText(ref)} is not as podid makes it`;
        }
      }
      return undefined;
    },
    async grants(agent, signal) {
      const listed = (kind: (typeof kinds)[number]) => listRoles(rest, terms, kind, agent, signal);
      const [roles, bindings] = await Promise.all([listed('Role'), listed('RoleBinding')]);
      return grantsIn(roles, bindings);
    },
    async refusedGrants(agent, wanted, right, signal) {
      return refusalsIn(await readRoles(owned, agent, { wanted, right }, signal));
    },
    async setGrants(agent, wanted, right, signal) {
      const roles = await readRoles(owned, agent, { wanted, right }, signal);
      const refused = new Map(refusalsIn(roles));
      await removeOthers({ rest, terms }, agent.account, { roles, refused }, signal);
      for (const { object, found } of roles) {
        if (!refused.has(namespaceOf(object)) && !isSame(object, found)) {
          await write(owned, { object, found }, signal).catch((error: unknown) => {
            if (!isPodidError(error, 'AgentRefused')) {
              throw error;
            }
            refused.set(namespaceOf(object), error.message);
          });
        }
      }
      return refused;
    },
  };
}

/** A role or binding as it is to be, and as it is. */
interface WantedRole {
  readonly object: KubeObject;
  readonly found: ManagedObject | undefined;
}

async function readRoles(
  owned: OwnedObjects,
  agent: GuardedAgent,
  { wanted, right }: { readonly wanted: ReadonlyMap<string, readonly string[]>; readonly right: TokenRight },
  signal: AbortSignal,
): Promise<readonly WantedRole[]> {
  const objects = [...wanted].flatMap(([namespace, accounts]) =>
    exchangeRoles(agent, namespace, accounts, right),
  );
  return await eachConcurrently(objects, async (object) => ({
    object,
    found: await owned.get(refOf(object), signal),
  }));
}

/** Whoever may write roles in one namespace stops that namespace by it, and no other. */
function refusalsIn(roles: readonly WantedRole[]): ReadonlyMap<string, string> {
  const refused = new Map<string, string>();
  for (const { object, found } of roles) {
    const writer = found === undefined || isMarked(object, found) ? undefined : otherManager(found);
    if (writer !== undefined && !refused.has(namespaceOf(object))) {
      refused.set(namespaceOf(object), foreignText(object, `written by ${writer}`));
    }
  }
  return refused;
}

function foreignText(object: KubeObject, why: string): string {
  return `${refText(refOf(object))} is not podid's own (${why}), and the agent needs it by this name.`;
}

function namespaceOf({ metadata: { namespace = '' } }: KubeObject): string {
  return namespace;
}

/** By what podid finds its roles again, so that it would take it away, too. */
function isMarked(wanted: KubeObject, { labels }: ManagedObject): boolean {
  return Object.entries(wanted.metadata.labels ?? {}).every(([name, value]) => labels[name] === value);
}

/** An apply would be as good, and would write who did it anew each time. */
function isSame(wanted: KubeObject, found: ManagedObject | undefined): boolean {
  const part = (object: Readonly<Record<string, unknown>>) => ({
    rules: object['rules'] ?? null,
    roleRef: object['roleRef'] ?? null,
    subjects: object['subjects'] ?? null,
  });
  return found !== undefined && isMarked(wanted, found) && isSameSpec(part(wanted), part(found.others));
}

async function write(owned: OwnedObjects, { object, found }: WantedRole, signal: AbortSignal): Promise<void> {
  // What has podid's marks is podid's, whoever restored it from a backup.
  const force = found !== undefined && isMarked(object, found);
  const written = await writeAgentObject(owned, object, { force, dryRun: false }, signal);
  if (written.action === 'foreign') {
    throw new PodidError('AgentRefused', foreignText(object, written.reason ?? 'written by another'), {
      target: refText(refOf(object)),
    });
  }
}

/** What is there of the agent's and not wanted any more; the bindings first, by which the right goes. */
async function removeOthers(
  { rest, terms }: { readonly rest: KubeRest; readonly terms: FailureTerms },
  agent: EntryKey,
  known: { readonly roles: readonly WantedRole[]; readonly refused: ReadonlyMap<string, string> },
  signal: AbortSignal,
): Promise<void> {
  const kept = new Set(known.roles.map(({ object }) => refText(refOf(object))));
  for (const kind of kinds.toReversed()) {
    for (const role of await listRoles(rest, terms, kind, agent, signal)) {
      const ref = roleRef(kind, role);
      // Where nothing can be written, what was there may still serve.
      if (!kept.has(refText(ref)) && !known.refused.has(ref.namespace ?? '')) {
        const { failure } = await rest({ method: 'DELETE', path: objectPath(ref) }, signal);
        if (failure !== undefined && failure.httpStatus !== 404) {
          const { namespace = '', name } = ref;
          throw mapKubeError(failure, { verb: 'delete', resource: resourceOf(ref), namespace, name }, terms);
        }
      }
    }
  }
}

function roleRef(kind: (typeof kinds)[number], role: JsonRecord): ObjectRef {
  const metadata = recordAt(role, 'metadata');
  const [namespace, name] = [stringAt(metadata, 'namespace') ?? '', stringAt(metadata, 'name') ?? ''];
  return { apiVersion: api, kind, namespace, name };
}

async function listRoles(
  rest: KubeRest,
  terms: FailureTerms,
  kind: (typeof kinds)[number],
  agent: EntryKey,
  signal: AbortSignal,
): Promise<readonly JsonRecord[]> {
  const of = { apiVersion: api, kind, name: '' };
  const query = { labelSelector: `${exchangeRolesLabel}=${exchangeRolesOf(agent)}` };
  const { items, failure } = await listPages(rest, { path: objectPath(of), query }, signal);
  if (failure !== undefined) {
    throw mapKubeError(failure, { verb: 'list', resource: resourceOf(of) }, terms);
  }
  return items.filter(isRecord);
}

const rightOfVerb: Readonly<Record<string, TokenRight>> = {
  create: 'own',
  'impersonate-on:associated-node:create': 'node',
};

/** A role gives nothing without its binding, nor that of a node without that of its audience. */
function grantsIn(roles: readonly JsonRecord[], bindings: readonly JsonRecord[]): readonly ExchangeGrant[] {
  const keyOf = (role: JsonRecord) => refText(roleRef('Role', role));
  const namespaceOf = (role: JsonRecord) => stringAt(recordAt(role, 'metadata'), 'namespace') ?? '';
  const bound = new Set(bindings.map(keyOf));
  const inForce = roles
    .filter((role) => bound.has(keyOf(role)))
    .flatMap((role) =>
      recordsAt(role, 'rules').map((rule) => ({
        namespace: namespaceOf(role),
        verbs: textsAt(rule, 'verbs'),
        rule,
      })),
    );
  const withAudience = new Set(
    inForce.filter(({ verbs }) => verbs.includes(audienceVerb)).map(({ namespace }) => namespace),
  );
  const namespaces = [...new Set([...roles, ...bindings].map(namespaceOf))].sort();
  return namespaces.map((namespace) => {
    const accounts = new Set<string>();
    const rights = new Set<TokenRight>();
    for (const { verbs, rule } of inForce.filter((each) => each.namespace === namespace)) {
      const given = verbs
        .flatMap((verb) => rightOfVerb[verb] ?? [])
        .filter((right) => right === 'own' || withAudience.has(namespace));
      if (textsAt(rule, 'resources').includes('serviceaccounts/token') && given.length > 0) {
        textsAt(rule, 'resourceNames').forEach((name) => void accounts.add(name));
        given.forEach((right) => void rights.add(right));
      }
    }
    return { namespace, accounts: [...accounts].sort(), rights: [...rights].sort() };
  });
}

function textsAt(record: JsonRecord, member: string): readonly string[] {
  const list = record[member];
  return Array.isArray(list) ? list.filter((each): each is string => typeof each === 'string') : [];
}
