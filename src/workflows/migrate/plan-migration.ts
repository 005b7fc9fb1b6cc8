import { federatedCredentialName } from '../../domain/azure/federated-credential.ts';
import type { ClusterId } from '../../domain/clusters/cluster.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import type { MigrationFacts, Reading } from '../../domain/migrate/migration-facts.ts';
import { type MigrationFile, migrationFile } from '../../domain/migrate/migration-file.ts';
import type { CredentialName } from '../../domain/migrate/next-step.ts';
import { type MigrationPlan, planMigration } from '../../domain/migrate/plan-migration.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { gatherFacts, type MigrationDeps } from './gather-facts.ts';

/** One workload by kind and name, in whatever namespace. */
export interface WorkloadChoice {
  readonly kind: string;
  readonly name: string;
}

export interface PlanRequest {
  readonly cluster: ClusterId;
  readonly namespace?: string;
  /** Undefined: all. */
  readonly workload?: WorkloadChoice;
  /** SHA-256 of a text, in hex. */
  readonly sha256: (text: string) => string;
}

/** What could not be read, and why. */
export interface Unread {
  readonly what: string;
  readonly why: string;
}

export interface Planned extends MigrationPlan {
  readonly cluster: ClusterId;
  /** Null: it is off; undefined: Azure did not say. */
  readonly issuer: string | null | undefined;
  readonly unread: readonly Unread[];
  readonly file: MigrationFile;
}

/**
 * Plans how each workload with pod identity leaves it. Writes nothing anywhere.
 *
 * @throws PodidError WorkloadNotFound (the chosen one has no pod identity), and as `gatherFacts`
 */
export async function planWorkloads(deps: MigrationDeps, request: PlanRequest): Promise<Planned> {
  const { cluster, workload, sha256 } = request;
  const facts = await gatherFacts(deps, request);
  const whole = planFacts(deps, facts, sha256);
  const plan = workload === undefined ? whole : onlyWorkload(whole, workload, request);
  const issuer = facts.issuer.kind === 'read' ? (facts.issuer.value ?? null) : undefined;
  return {
    ...plan,
    cluster,
    issuer,
    unread: unreadOf(facts),
    file: migrationFile({ cluster, issuer, plan }, sha256),
  };
}

/** What was read, decided at this moment. */
export function planFacts(
  { clock }: Pick<MigrationDeps, 'clock'>,
  facts: MigrationFacts,
  sha256: PlanRequest['sha256'],
): MigrationPlan {
  const credentialName: CredentialName = (trust) => federatedCredentialName(trust, sha256);
  return planMigration(facts, { nowMs: clock.now(), credentialName });
}

/** @throws PodidError WorkloadNotFound */
export function onlyWorkload(
  plan: MigrationPlan,
  { kind, name }: WorkloadChoice,
  { cluster, namespace }: Pick<PlanRequest, 'cluster' | 'namespace'>,
): MigrationPlan {
  const isChosen = (each: WorkloadChoice) =>
    each.kind.toLowerCase() === kind.toLowerCase() && each.name === name;
  const workloads = plan.workloads.filter(isChosen);
  const cleaned = plan.cleaned.filter(isChosen);
  if (workloads.length + cleaned.length === 0) {
    const where = namespace === undefined ? 'The cluster' : `Namespace ${namespace}`;
    throw new PodidError('WorkloadNotFound', `${where} has no ${kind} ${name} with pod identity.`, {
      hint: nextCommand('migrate plan', cluster, { namespace }),
    });
  }
  const ids = new Set(
    workloads.flatMap((each) => each.identities.map(({ resourceId }) => resourceId?.toLowerCase())),
  );
  const limits = plan.limits.filter(({ identity }) => ids.has(identity.toLowerCase()));
  return { workloads, limits, cleaned };
}

/** One line for each kind of thing: the same reason need not be told for each of a hundred identities. */
export function unreadOf(facts: MigrationFacts): readonly Unread[] {
  const readings: readonly (readonly [string, Reading<unknown>])[] = [
    ['the objects of pod identity, for which the entries of the add-on stand', facts.objects],
    ['node agents, by which standard mode is recognised', facts.agents],
    ['the OIDC issuer', facts.issuer],
    ["Workload Identity's webhook", facts.webhook],
    ...[...facts.workloads].map(([kind, reading]) => [`${kind}s`, reading] as const),
    ['pods', facts.pods],
    ['service accounts', facts.serviceAccounts],
    ['role bindings', facts.roleBindings],
    ['namespaces', facts.namespaces],
    ['disruption budgets', facts.disruptionBudgets],
    ['SecretProviderClasses', facts.providerClasses],
    ['TriggerAuthentications', facts.triggers],
    ['network policies', facts.networkPolicies],
    ['nodes', facts.nodes],
    ...[...facts.identities.values()].flatMap(
      ({ azure, credentials }) =>
        [
          ['managed identities', azure],
          // Of one that is gone there is nothing to read.
          [
            'federated credentials',
            azure.kind === 'read' && azure.value.kind === 'gone' ? azure : credentials,
          ],
        ] as const,
    ),
  ];
  const found = new Map(
    readings.flatMap(([what, reading]) =>
      reading.kind === 'unread' ? [[what, reading.error.message] as const] : [],
    ),
  );
  const [silent] = facts.seen?.unheard ?? [];
  const nodes = facts.seen?.unheard?.map(({ node }) => node) ?? [];
  const agents = silent && {
    what: `what pods ask of the ${nodes.length === 1 ? 'agent' : 'agents'} on ${nodes.slice(0, 5).join(', ')}${nodes.length > 5 ? ` and ${nodes.length - 5} more` : ''}`,
    why: silent.why,
  };
  return [...[...found].map(([what, why]) => ({ what, why })), ...(agents === undefined ? [] : [agents])];
}
