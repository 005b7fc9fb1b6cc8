import { credentialOf, type FederatedTrust, trusts } from '../../domain/azure/federated-credential.ts';
import { unknownTenant } from '../../domain/azure/identity-tenant.ts';
import { sameResource } from '../../domain/azure/resource-id.ts';
import type { ExchangeRow } from '../../domain/exchange/exchange-state.ts';
import { missingTrusts, trustsOf } from '../../domain/exchange/identity-accounts.ts';
import {
  type ExchangeSubject,
  exchangeSubjectAnnotation,
  tenantIdAnnotation,
  tokenSourceAnnotation,
  tokenSourceOf,
} from '../../domain/exchange/token-source.ts';
import type { ManagedIdentity } from '../../domain/ports.ts';
import type { Hint } from '../../errors/hint.ts';
import type { Change } from '../change/outcome.ts';
import { grantChanges, type WantedGrants } from './grant-tokens.ts';
import type { ExchangeView, IdentityStanding } from './read-exchange.ts';

/** What one identity needs, to be exchanged. */
export interface IdentitySteps {
  readonly standing: IdentityStanding;
  /** Its federated credential is missing. */
  readonly credential: boolean;
  /** It is not exchanged yet, so that a failed rehearsal leaves it as it is. */
  readonly switches: boolean;
  /** By whose token it is exchanged until then. */
  readonly replaces?: ExchangeSubject | undefined;
}

/** Who stays as it is, and why. */
export interface LeftOut {
  readonly row: ExchangeRow;
  /** A code, a colon and a sentence. */
  readonly reason: string;
  /** What to do about it, where that is known with the reason. */
  readonly hint?: Hint | undefined;
}

export interface EnablePlan {
  /** The cluster's OIDC issuer is off. */
  readonly issuer: boolean;
  readonly identities: readonly IdentitySteps[];
  readonly leftOut: readonly LeftOut[];
  /** Whose tokens the agent is to make, where it is to make other ones than now. */
  readonly grants?: WantedGrants;
}

/** What there is to do, of what was read; nothing for an identity that is exchanged and trusted. */
export function planEnable({
  cluster,
  identities,
  basis,
}: Pick<ExchangeView, 'cluster' | 'identities' | 'basis'>): EnablePlan {
  const steps = identities.flatMap((standing) => stepsOf(standing, basis));
  const leftOut = identities.flatMap(({ row }) =>
    isLeftOut(row) ? [{ row, reason: row.reason ?? 'Unknown: nothing is known of it.' }] : [],
  );
  return { issuer: cluster.oidcIssuer?.url === undefined && steps.length > 0, identities: steps, leftOut };
}

function stepsOf(standing: IdentityStanding, basis: ExchangeView['basis']): IdentitySteps[] {
  const { row, identity } = standing;
  if (isLeftOut(row) || row.state === 'exchange') {
    return [];
  }
  const isNow = row.source === 'exchange' && row.state === 'untrusted';
  const credential = row.state !== 'trusted' && !hasAll(standing, basis);
  return [
    { standing, credential, switches: !isNow, replaces: isNow ? undefined : exchangedBy(identity, basis) },
  ];
}

/** Whose token is exchanged for it now, where one is. */
function exchangedBy(
  identity: IdentityStanding['identity'],
  { defaults }: ExchangeView['basis'],
): ExchangeSubject | undefined {
  const decision = tokenSourceOf(identity, defaults);
  return decision.kind === 'exchange' ? decision.subject : undefined;
}

/** What it lacks is no credential. */
function hasAll({ known, accounts }: IdentityStanding, { trust }: ExchangeView['basis']): boolean {
  const credentials = known?.kind === 'read' ? known.credentials : [];
  return (
    trust !== undefined &&
    trustsOf(accounts, trust).every((each) => {
      const found = credentialOf(credentials, each);
      return found !== undefined && trusts(found, each);
    })
  );
}

function isLeftOut({ state, full }: ExchangeRow): boolean {
  return state === 'blocked' || state === 'unknown' || full === true;
}

/** Why Azure's own record of the managed identity forbids it; undefined where it fits. */
export function mismatch(
  { identity }: IdentityStanding,
  { resourceId, clientId, tenantId }: ManagedIdentity,
): string | undefined {
  const { clientID = '', resourceID = '' } = identity.spec;
  if (!sameResource(resourceID, resourceId) || clientID.toLowerCase() !== clientId.toLowerCase()) {
    return `ClientIdDiffers: spec.clientID is ${clientID}, and Azure says ${clientId} of ${resourceId}. The identity was made anew, or the object is wrong.`;
  }
  return unknownTenant({ tenantId });
}

/** Whether its annotations say so already: what is written is not written again. */
export function isSwitched(
  { standing: { identity, subject }, switches }: Pick<IdentitySteps, 'standing' | 'switches'>,
  tenantId: string,
): boolean {
  const { annotations = {} } = identity.metadata;
  return (
    annotations[tokenSourceAnnotation] === 'exchange' &&
    annotations[tenantIdAnnotation] === tenantId &&
    (annotations[exchangeSubjectAnnotation] === subject || !switches)
  );
}

/** The same for `--dry-run`. */
export function changesOf({ cluster, basis, workload }: ExchangeView, plan: EnablePlan): readonly Change[] {
  const { trust } = basis;
  const issuer: Change = {
    action: 'update',
    kind: 'cluster',
    namespace: null,
    name: null,
    before: { oidcIssuer: cluster.oidcIssuer !== undefined },
    after: { oidcIssuer: true },
  };
  return [
    ...(plan.issuer ? [issuer] : []),
    ...(plan.grants === undefined || workload === undefined
      ? []
      : grantChanges(workload.grants, plan.grants)),
    ...plan.identities.flatMap(({ standing, credential, switches, replaces }): Change[] => {
      const { namespace, name, source } = standing.row;
      const key = { namespace, name };
      const identity = standing.identity.spec.resourceID;
      const missing = credential ? missingOf(standing, trust) : [];
      return [
        ...missing.map((subject): Change => {
          const after = { issuer: trust?.issuer ?? null, subject, identity };
          return { action: 'add', kind: 'federatedCredential', ...key, before: null, after };
        }),
        ...(switches
          ? [
              {
                action: 'update',
                kind: 'tokenSource',
                ...key,
                before: { source, ...(replaces === undefined ? {} : { subject: replaces }) },
                after: { source: 'exchange', subject: standing.subject },
              } as const,
            ]
          : []),
      ];
    }),
  ];
}

/** Subjects of the credentials that it needs and does not have. */
function missingOf(
  { known, accounts }: IdentityStanding,
  trust: FederatedTrust | undefined,
): readonly string[] {
  const wanted = trustsOf(accounts, trust ?? { issuer: '', audience: '' });
  return missingTrusts(known?.kind === 'read' ? known.credentials : [], wanted).map(({ subject }) => subject);
}
