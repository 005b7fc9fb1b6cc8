import type { IdentityAccess, Way } from '../../domain/access/access-report.ts';
import type { ReportedAccess } from '../../workflows/access/report-access.ts';

/** What `podid access` prints, members in the documented order. What is not known is null. */
export function accessView(reported: ReportedAccess): unknown {
  const { cluster, at, by, unread, findings, identities, couldBecome, couldBecomeInAzure } = reported;
  return {
    cluster: cluster.name,
    at,
    by,
    unread,
    findings: findings.map(({ severity, code, message, hint, about }) => ({
      severity,
      code,
      message,
      hint,
      about,
    })),
    identities: identities.map(identityView),
    couldBecome: {
      kubernetes:
        couldBecome?.map(({ who, namespace, rights, via }) => ({
          who,
          namespace: namespace ?? null,
          rights,
          via,
        })) ?? null,
      azure:
        couldBecomeInAzure?.map(({ principalId, role, scope, rights }) => ({
          principalId,
          role,
          scope,
          rights,
        })) ?? null,
    },
  };
}

function identityView(identity: IdentityAccess): object {
  const { name, resourceId, clientId, kind, objects, purpose, roles, nodes, ways, unknown, lastAsked } =
    identity;
  return {
    name,
    resourceId: resourceId || null,
    clientId: clientId || null,
    kind,
    objects,
    purpose: purpose ?? null,
    roles:
      roles?.map(({ role, scope, conditional }) => ({
        role,
        scope,
        ...(conditional ? { conditional } : {}),
      })) ?? null,
    nodes: nodes ?? null,
    ways: ways.map(wayView),
    unknown,
    lastAsked: lastAsked ?? null,
  };
}

function wayView({ way, namespace, who, pods, workloads, nodes, accounts }: Way): object {
  return {
    way,
    namespace: namespace || null,
    who,
    pods: pods ?? null,
    workloads,
    nodes: nodes ?? null,
    accounts,
  };
}

/** The result as its table and its page are made: what `accessView` gives, once it is JSON. */
export interface ShownAccess {
  readonly cluster: string;
  readonly at: string;
  readonly by: string;
  readonly unread: readonly { readonly what: string; readonly why: string }[];
  readonly findings: readonly {
    readonly severity: string;
    readonly code: string;
    readonly message: string;
    readonly hint: string;
    readonly about: string;
  }[];
  readonly identities: readonly ShownIdentity[];
  readonly couldBecome: {
    readonly kubernetes:
      | readonly {
          readonly who: string;
          readonly namespace: string | null;
          readonly rights: readonly string[];
          readonly via: readonly string[];
        }[]
      | null;
    readonly azure:
      | readonly {
          readonly principalId: string;
          readonly role: string;
          readonly scope: string;
          readonly rights: readonly string[];
        }[]
      | null;
  };
}

export interface ShownIdentity {
  readonly name: string;
  readonly resourceId: string | null;
  readonly clientId: string | null;
  readonly kind: string;
  readonly objects: readonly string[];
  readonly purpose: string | null;
  readonly roles:
    | readonly { readonly role: string; readonly scope: string; readonly conditional?: true }[]
    | null;
  readonly nodes: readonly string[] | null;
  readonly ways: readonly ShownWay[];
  readonly unknown: readonly string[];
  readonly lastAsked: string | null;
}

export interface ShownWay {
  readonly way: string;
  readonly namespace: string | null;
  readonly who: string;
  readonly pods: number | null;
  readonly workloads: readonly string[];
  readonly nodes: readonly string[] | null;
  readonly accounts: readonly string[];
}
