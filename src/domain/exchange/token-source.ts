import { command } from '../../errors/hint.ts';
import { isGuid } from '../azure/written-id.ts';
import type { AzureIdentity } from '../kubernetes/identity-resources.ts';

/*
 * Where an agent gets the tokens of a user-assigned identity: from the node's IMDS, or from Entra, by exchanging the
 * token of a service account, its own or the pod's. One decision, for the agent, the doctor and `podid exchange`.
 */

/** Annotation of an AzureIdentity: `imds` or `exchange`. Absent or empty: as the agent is set. */
export const tokenSourceAnnotation = 'podid.io/token-source';

/** Annotation of an AzureIdentity: the tenant at which its tokens are exchanged, a GUID. */
export const tenantIdAnnotation = 'podid.io/tenant-id';

/**
 * Annotation of an AzureIdentity that is exchanged: `agent` or `workload`, whose service-account token is. Absent or
 * empty: as the agent is set.
 */
export const exchangeSubjectAnnotation = 'podid.io/exchange-subject';

/** `agent`: the agent's own account. `workload`: the account that the pod runs as. */
export const exchangeSubjects = ['agent', 'workload'] as const;

export type ExchangeSubject = (typeof exchangeSubjects)[number];

export const tokenSources = ['imds', 'exchange'] as const;

/** What the annotation and the agent's default may say. */
export type TokenSourceName = (typeof tokenSources)[number];

/** How the agent is set: `--exchange-default`, `--exchange-tenant-id` and `--exchange-subject`. */
export interface ExchangeDefaults {
  readonly source: TokenSourceName;
  /** Empty: none. */
  readonly tenantId: string;
  readonly subject: ExchangeSubject;
}

/** Of an agent that was told nothing. */
export const noExchangeDefaults: ExchangeDefaults = { source: 'imds', tenantId: '', subject: 'agent' };

export type TokenSourceDecision =
  | { readonly kind: 'imds' }
  | {
      readonly kind: 'exchange';
      readonly clientId: string;
      readonly tenantId: string;
      readonly subject: ExchangeSubject;
    }
  /** Types 1 and 2 sign in with their own secret; the annotation has no effect on them. */
  | { readonly kind: 'service-principal' }
  | UnusableTokenSource;

export interface UnusableTokenSource {
  readonly kind: 'unusable';
  readonly reason:
    | 'source-unknown'
    | 'subject-unknown'
    | 'no-client-id'
    | 'client-id-wrong'
    | 'no-tenant'
    | 'tenant-wrong';
  /** Completes "The AzureIdentity NAMESPACE/NAME …", without a full stop. */
  readonly what: string;
}

/** An annotation that cannot be followed makes the identity unusable: no other source is taken in its place. */
export function tokenSourceOf(
  identity: AzureIdentity,
  defaults: ExchangeDefaults = noExchangeDefaults,
): TokenSourceDecision {
  const { spec, metadata } = identity;
  if ((spec.type ?? 0) !== 0) {
    return { kind: 'service-principal' };
  }
  const written = annotationOf(identity, tokenSourceAnnotation);
  const source = written === '' ? defaults.source : tokenSources.find((each) => each === written);
  if (source === undefined) {
    return unusable(
      'source-unknown',
      `has the annotation ${tokenSourceAnnotation}: ${JSON.stringify(written)}, which is neither imds nor exchange`,
    );
  }
  if (source === 'imds') {
    return { kind: 'imds' };
  }
  const named = annotationOf(identity, exchangeSubjectAnnotation);
  if (named !== '' && !exchangeSubjects.some((each) => each === named)) {
    return unusable(
      'subject-unknown',
      `has the annotation ${exchangeSubjectAnnotation}: ${JSON.stringify(named)}, which is neither agent nor workload`,
    );
  }
  const clientId = spec.clientID ?? '';
  if (!isGuid(clientId)) {
    const patch = JSON.stringify({ spec: { clientID: 'CLIENT-ID' } });
    const where = [metadata.name, '-n', metadata.namespace, '--type', 'merge', '-p', patch];
    const mended = command('kubectl patch azureidentity', ...where);
    return clientId === ''
      ? unusable(
          'no-client-id',
          `has no clientID, by which tokens are exchanged. With the client id of the identity: ${mended}`,
        )
      : unusable(
          'client-id-wrong',
          `has a clientID that is not a GUID, by which tokens are exchanged. ${mended}`,
        );
  }
  return withTenant(identity, clientId, defaults);
}

function withTenant(
  identity: AzureIdentity,
  clientId: string,
  defaults: ExchangeDefaults,
): TokenSourceDecision {
  const [chosen] = [
    { from: `annotation ${tenantIdAnnotation}`, tenantId: annotationOf(identity, tenantIdAnnotation) },
    { from: 'tenantID', tenantId: identity.spec.tenantID ?? '' },
    { from: 'tenant of the agent (--exchange-tenant-id)', tenantId: defaults.tenantId },
  ].filter(({ tenantId }) => tenantId !== '');
  if (chosen === undefined) {
    return unusable(
      'no-tenant',
      `is to exchange its tokens and names no tenant: the annotation ${tenantIdAnnotation} is missing, and the agent has no tenant of its own (--exchange-tenant-id)`,
    );
  }
  return isGuid(chosen.tenantId)
    ? {
        kind: 'exchange',
        clientId,
        tenantId: chosen.tenantId,
        subject: exchangeSubjectOf(identity, defaults),
      }
    : unusable(
        'tenant-wrong',
        `is to exchange its tokens, and its ${chosen.from} is ${JSON.stringify(chosen.tenantId)}, which is not a GUID`,
      );
}

/** Whose token would be exchanged for it, if any is; the agent's own setting where the annotation is no such word. */
export function exchangeSubjectOf(
  identity: AzureIdentity,
  { subject }: Pick<ExchangeDefaults, 'subject'>,
): ExchangeSubject {
  const written = annotationOf(identity, exchangeSubjectAnnotation);
  return exchangeSubjects.find((each) => each === written) ?? subject;
}

function annotationOf({ metadata }: AzureIdentity, name: string): string {
  return metadata.annotations?.[name]?.trim() ?? '';
}

function unusable(reason: UnusableTokenSource['reason'], what: string): UnusableTokenSource {
  return { kind: 'unusable', reason, what };
}
