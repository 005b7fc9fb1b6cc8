import type { AccountToken, ExchangeCluster } from '../../domain/exchange/exchange-cluster.ts';
import type { ManagedIdentity } from '../../domain/ports.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import type { ChangeDeps } from '../change/start-change.ts';
import { type TokensByAccount, unlessNoAccount } from './account-tokens.ts';
import {
  asHeldWhere,
  grantsDiffer,
  keysBy,
  type RefusedGrants,
  refusalOf,
  wantedGrants,
} from './grant-tokens.ts';
import { type EnablePlan, type IdentitySteps, type LeftOut, mismatch } from './plan-exchange.ts';
import type { ExchangeView } from './read-exchange.ts';

/**
 * The plan with what the agent is to make tokens of, where that is not as it is. Leaves out identities with an account in
 * a namespace where it cannot be given that right.
 *
 * @throws PodidError Forbidden | ClusterUnreachable
 */
export async function withGrants(
  kube: Pick<ExchangeCluster, 'refusedGrants'>,
  { workload }: ExchangeView,
  known: KnownTokens,
  signal: AbortSignal,
): Promise<KnownTokens> {
  if (workload === undefined) {
    return known;
  }
  const wanted = wantedGrants(workload, { joining: joiningOf(known) });
  if (!grantsDiffer(workload, wanted)) {
    return known;
  }
  const refused = await kube.refusedGrants(workload.agent, wanted, workload.right, signal);
  const left = withoutRefused(known, refused);
  const grants = asHeldWhere(refused, workload, wantedGrants(workload, { joining: joiningOf(left) }));
  return grantsDiffer(workload, grants) ? { ...left, plan: { ...left.plan, grants } } : left;
}

function joiningOf({ identities }: KnownPlan): readonly string[] {
  return keysBy(
    identities.map(({ steps }) => steps.standing),
    'workload',
  );
}

/** @param refused as `ExchangeCluster.refusedGrants` says it */
export function withoutRefused<Known extends KnownPlan>(known: Known, refused: RefusedGrants): Known {
  const identities = known.identities.filter(({ steps }) => refusalOf(steps.standing, refused) === undefined);
  const leftOut = known.identities.flatMap(({ steps: { standing } }): LeftOut[] => {
    const reason = refusalOf(standing, refused);
    return reason === undefined ? [] : [{ row: standing.row, reason }];
  });
  return {
    ...known,
    identities,
    plan: {
      ...known.plan,
      issuer: known.plan.issuer && identities.length > 0,
      identities: identities.map(({ steps }) => steps),
      leftOut: [...known.plan.leftOut, ...leftOut],
    },
  };
}

export interface KnownTokens extends KnownPlan {
  /** Who signs the tokens; undefined where none is needed. */
  readonly issuer: string | undefined;
}

/** Leaves out what names an account that is not there. @throws PodidError Forbidden | ClusterUnreachable */
export async function withTokens(
  known: KnownPlan,
  tokens: TokensByAccount,
  signal: AbortSignal,
): Promise<KnownTokens> {
  let issuer: string | undefined;
  const leftOut: LeftOut[] = [];
  const identities: KnownPlan['identities'][number][] = [];
  for (const each of known.identities) {
    const { accounts, row } = each.steps.standing;
    const made = await eachConcurrently(accounts, (account) =>
      tokens.of(account).get(signal).catch(unlessNoAccount),
    );
    const missing = made.find((token) => isPodidError(token));
    if (missing === undefined) {
      identities.push(each);
      issuer ??= (made as readonly AccountToken[])[0]?.issuer;
    } else {
      leftOut.push({ row, reason: `SaMissing: ${missing.message}`, hint: missing.hint });
    }
  }
  return {
    identities,
    issuer,
    plan: {
      ...known.plan,
      issuer: known.plan.issuer && identities.length > 0,
      identities: identities.map(({ steps }) => steps),
      leftOut: [...known.plan.leftOut, ...leftOut],
    },
  };
}

export interface KnownPlan {
  readonly plan: EnablePlan;
  readonly identities: readonly { readonly steps: IdentitySteps; readonly identity: ManagedIdentity }[];
}

/** Leaves out what Azure does not know as the object has it. */
export async function withAzuresIds(
  { azure, report, signal }: ChangeDeps,
  plan: EnablePlan,
): Promise<KnownPlan> {
  report.progress('Reading managed identities');
  const asked = await eachConcurrently(plan.identities, async (steps) => {
    const { identity: object, row } = steps.standing;
    try {
      const identity = await azure.identities.get(object.spec.resourceID ?? '', signal);
      return { steps, row, identity, reason: mismatch(steps.standing, identity), hint: undefined };
    } catch (error) {
      if (!isPodidError(error, 'IdentityNotFound', 'IdentityIncomplete', 'Forbidden')) {
        throw error;
      }
      const reason = `${error.code}: ${error.message}`;
      return { steps, row, identity: undefined, reason, hint: error.hint };
    }
  });
  const leftOut: LeftOut[] = [];
  const identities: { steps: IdentitySteps; identity: ManagedIdentity }[] = [];
  for (const { steps, row, identity, reason, hint } of asked) {
    if (identity === undefined || reason !== undefined) {
      leftOut.push({ row, reason: reason ?? '', hint });
    } else {
      identities.push({ steps, identity });
    }
  }
  return {
    identities,
    plan: {
      issuer: plan.issuer && identities.length > 0,
      identities: identities.map(({ steps }) => steps),
      leftOut: [...plan.leftOut, ...leftOut],
    },
  };
}
