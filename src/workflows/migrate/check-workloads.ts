import type { ClusterId } from '../../domain/clusters/cluster.ts';
import { type EntryKey, entryText } from '../../domain/entries/pod-identity.ts';
import { subjectOf } from '../../domain/exchange/exchange-cluster.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import { readingOr } from '../../domain/migrate/migration-facts.ts';
import type { PlannedIdentity, PlannedWorkload } from '../../domain/migrate/planned-workload.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import type { Hint } from '../../errors/hint.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import type { RehearseOptions } from '../exchange/rehearse.ts';
import { gatherFacts, type MigrationDeps } from './gather-facts.ts';
import { onlyWorkload, type PlanRequest, planFacts, type WorkloadChoice } from './plan-migration.ts';
import { checkImage, type FromPod, proveFromPod } from './prove-from-pod.ts';
import { type Proof, proveTrust } from './prove-trust.ts';

export interface CheckRequest extends Pick<PlanRequest, 'sha256'> {
  readonly cluster: ClusterId;
  readonly namespace?: string;
  /** Undefined: all whose identities trust them. */
  readonly workloads: readonly WorkloadChoice[] | undefined;
  readonly rehearsal: RehearseOptions;
  /** By pods like the workloads' own, instead of from here. */
  readonly fromPod?: FromPod;
}

/** What one identity came to for one workload. */
export interface CheckedIdentity extends EntryKey {
  readonly kind: string;
  readonly identity: string;
  readonly subject: string;
  readonly result: 'pass' | 'fail' | 'skip';
  /** Rounds that passed. */
  readonly passed: number;
  /** Refusals that were outwaited. */
  readonly refused: number;
  /** A code, a colon and a sentence. */
  readonly reason?: string;
  /** What makes that pass. */
  readonly hint?: Hint;
}

/**
 * Proves for workloads that Entra gives their service account a token of each of their identities: makes a token of the
 * account with the caller's own rights, exchanges it again and again, compares whose token comes, and forgets both.
 * Nothing is changed anywhere, and nobody is asked whom an identity does not trust yet: Entra remembers a refusal. From
 * pods it is the token that the kubelet gives them, and what is left of them is nothing.
 *
 * @throws PodidError WorkloadNotFound, and as `gatherFacts` and `checkImage`
 */
export async function checkWorkloads(
  deps: MigrationDeps,
  request: CheckRequest,
): Promise<readonly CheckedIdentity[]> {
  const { cluster, workloads: chosen, rehearsal, sha256, fromPod } = request;
  const api = await deps.kube.connect(deps.signal);
  const facts = await gatherFacts({ ...deps, kube: { ...deps.kube, connect: async () => api } }, request);
  const plan = planFacts(deps, facts, sha256);
  const workloads =
    chosen === undefined
      ? plan.workloads
      : chosen.flatMap((choice) => onlyWorkload(plan, choice, { ...request, cluster }).workloads);
  const pairs = workloads.flatMap((workload) =>
    workload.identities.map((identity) => ({ workload, identity })),
  );
  const issuer = facts.issuer.kind === 'read' ? facts.issuer.value : undefined;
  const { rounds, overMs } = rehearsal;
  const triesAny = pairs.some(({ identity }) => isTried(identity));
  const image = fromPod && triesAny ? await checkImage({ ...deps, agent: api.agent }, fromPod) : undefined;
  if (triesAny) {
    const where = image === undefined ? '' : ` in a pod of the image ${image.image}`;
    deps.report.progress(`Exchanging ${rounds} times over ${overMs / 1000} s for each identity${where}`);
  }
  const accounts = readingOr(facts.serviceAccounts, []);
  const provers: Provers = {
    cli: ({ account, resourceId }) =>
      proveTrust(deps, api.exchange, { account, issuer, resourceId, rehearsal }),
    ...(fromPod && image
      ? {
          pod: ({ workload, account: { namespace, name }, resourceId }) => {
            const isIt = (each: EntryKey) => each.namespace === namespace && each.name === name;
            const account = accounts.find(isIt) ?? { namespace, name };
            const question = { workload, account, issuer, resourceId, rehearsal, image, fromPod, sha256 };
            return proveFromPod({ ...deps, agent: api.agent }, question);
          },
        }
      : {}),
  };
  return await eachConcurrently(
    pairs,
    (pair) => checkOne(deps, provers, { ...pair, isChosen: chosen !== undefined, cluster }),
    // Pods take room on the nodes.
    fromPod === undefined ? Math.max(1, pairs.length) : 8,
  );
}

interface TrustedPair {
  readonly workload: PlannedWorkload;
  readonly account: EntryKey;
  readonly resourceId: string;
}

/** From here, or where pods are asked for from those. */
interface Provers {
  readonly cli: (pair: TrustedPair) => Promise<Proof>;
  readonly pod?: (pair: TrustedPair) => Promise<Proof>;
}

interface Pair {
  readonly workload: PlannedWorkload;
  readonly identity: PlannedIdentity;
  /** It was named: what cannot be checked has failed. */
  readonly isChosen: boolean;
  readonly cluster: ClusterId;
}

async function checkOne(
  deps: MigrationDeps,
  { cli, pod }: Provers,
  { workload, identity, isChosen, cluster }: Pair,
): Promise<CheckedIdentity> {
  const { kind, namespace, name, newServiceAccount, serviceAccount } = workload;
  const account = { namespace, name: newServiceAccount?.name ?? serviceAccount };
  const checked = { kind, namespace, name, identity: entryText(identity), subject: subjectOf(account) };
  const refused = (reason: string): CheckedIdentity => ({
    ...checked,
    result: isChosen ? 'fail' : 'skip',
    passed: 0,
    refused: 0,
    reason,
  });
  const { signal } = deps;
  if (!isTried(identity)) {
    const why = `NotTrusted: the identity has no federated credential of ${checked.subject} yet.`;
    return { ...refused(why), hint: trustHint(workload, identity, cluster) };
  }
  try {
    const { resourceId } = identity;
    const proof = await (pod ?? cli)({ workload, account, resourceId });
    if (proof.kind === 'not-tried') {
      // What was to be tried from a pod, and was not, is no proof.
      return { ...refused(proof.reason), ...(pod === undefined ? {} : { result: 'fail' }) };
    }
    const { failure, ...counts } = proof.rehearsal;
    return failure === undefined
      ? { ...checked, result: 'pass', ...counts }
      : { ...checked, result: 'fail', ...counts, reason: failure };
  } catch (error) {
    if (signal.aborted || !isPodidError(error)) {
      throw error;
    }
    const said = error.code === 'Forbidden' ? error.details.map(({ message }) => message) : [];
    return { ...refused([`${error.code}: ${error.message}`, ...said].join(' ')), result: 'fail' };
  }
}

/** Of one that takes Workload Identity: what makes the trust. Of another: what is in the way of it. */
function trustHint(workload: PlannedWorkload, { resourceId }: PlannedIdentity, cluster: ClusterId): Hint {
  const { kind, namespace, name, route } = workload;
  const chosen = { namespace, workload: `${kind}/${name}` };
  return resourceId === undefined || route === 'exchange'
    ? nextCommand('migrate plan', cluster, chosen)
    : nextCommand('migrate apply', cluster, { ...chosen, until: 'trusted' });
}

/** Entra is asked for those alone whom it would know. */
function isTried(identity: PlannedIdentity): identity is PlannedIdentity & { readonly resourceId: string } {
  return identity.isTrusted && identity.resourceId !== undefined;
}
