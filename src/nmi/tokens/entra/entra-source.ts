import type { ServicePrincipal } from '../../../domain/kubernetes/identity-credential.ts';
import type { Clock } from '../../../domain/time/clock.ts';
import { limitTime } from '../../../domain/time/time-limit.ts';
import { type ParsedToken, parseTokenAnswer } from '../parse-token-answer.ts';
import type { IssuedAnswer, UpstreamRequest, UpstreamSource } from '../token.ts';
import { TokenRefused } from '../token-error.ts';
import type { UpstreamQueue } from '../upstream-queue.ts';
import { loadCertificate } from './certificate.ts';
import type { CredentialReader } from './credential-reader.ts';
import { type EntraAuthority, entraAuthority } from './entra-authority.ts';
import { EntraNetwork } from './entra-network.ts';
import { entraUnavailable, judgeEntraAnswer } from './judge-entra-answer.ts';
import type { PickedCredential } from './pick-credential.ts';
import { signClientAssertion } from './sign-client-assertion.ts';

export interface EntraSourceOptions {
  readonly credentials: CredentialReader;
  readonly clock: Clock;
  readonly queue: UpstreamQueue;
  /** Hosts beside Azure's own that may be sent secrets, as `host` or `host:port`. */
  readonly allowedHosts?: readonly string[];
  /** `http://proxy:3128`, for clusters that reach Entra through one. */
  readonly proxyUrl?: string | undefined;
  /** PEM of authorities trusted beside Node's own. */
  readonly ca?: string | undefined;
  readonly deadlineMs?: number;
}

/**
 * Asks Entra for tokens of service principals. The library and the key readers are loaded with the first of
 * them.
 */
export function createEntraSource(options: EntraSourceOptions): UpstreamSource {
  const deadline = {
    clock: options.clock,
    ms: options.deadlineMs ?? 10_000,
    reason: () => entraUnavailable('gave no token in time', false),
  };
  return {
    fetch(request, signal) {
      return limitTime(deadline, signal, (inTime) => fetchAll(options, request, inTime));
    },
  };
}

async function fetchAll(
  options: EntraSourceOptions,
  request: UpstreamRequest,
  signal: AbortSignal,
): Promise<IssuedAnswer> {
  const { subject } = request.question;
  if (subject.kind !== 'secret' && subject.kind !== 'certificate') {
    throw new Error('Entra is asked for service principals alone.');
  }
  const credential = await options.credentials.credential(subject, signal);
  const ask = (tenantId: string) =>
    options.queue.run(request.askers, signal, () =>
      fetchOne(options, { subject, credential, tenantId, resource: request.question.resource }, signal),
    );
  const first = await ask(subject.tenantId);
  const others: ParsedToken[] = [];
  for (const tenantId of auxiliaryTenants(subject)) {
    others.push(await ask(tenantId));
  }
  return {
    answer: [first.token, ...others.map(({ token }) => token)],
    lifetimeMs: Math.min(first.lifetimeMs, ...others.map(({ lifetimeMs }) => lifetimeMs)),
  };
}

/** Entra knows at most three auxiliary tenants to a request, and only a secret can speak for several. */
function auxiliaryTenants({ kind, auxiliaryTenantIds }: ServicePrincipal): readonly string[] {
  if (kind === 'certificate') {
    return [];
  }
  if (auxiliaryTenantIds.length > 3) {
    throw new TokenRefused({
      status: 403,
      error: 'invalid_client',
      description: `The identity names ${auxiliaryTenantIds.length} auxiliary tenants; at most 3 are possible.`,
    });
  }
  return auxiliaryTenantIds;
}

interface TokenRequestRun {
  readonly subject: ServicePrincipal;
  readonly credential: PickedCredential;
  readonly tenantId: string;
  readonly resource: string;
}

async function fetchOne(
  options: EntraSourceOptions,
  run: TokenRequestRun,
  signal: AbortSignal,
): Promise<ParsedToken> {
  const { subject, credential, resource } = run;
  const authority = entraAuthority(subject.adEndpoint, run.tenantId, options.allowedHosts ?? []);
  const network = new EntraNetwork(authority.tokenEndpoint, options, signal);
  const proof = await proofOf(credential, { subject, authority, nowMs: options.clock.now() });
  const { ConfidentialClientApplication } = await import('@azure/msal-node');
  const application = new ConfidentialClientApplication({
    auth: {
      clientId: subject.clientId,
      authority: authority.url,
      knownAuthorities: [authority.host],
      authorityMetadata: metadataOf(authority),
      ...proof,
    },
    system: { networkClient: network, disableInternalRetries: true },
  });
  await application
    .acquireTokenByClientCredential({ scopes: [`${resource}/.default`], skipCache: true })
    .catch((error: unknown) => network.keepUnexplained(error));
  signal.throwIfAborted();
  const { answer } = network;
  if (!answer) {
    throw entraUnavailable(`could not be asked (${network.failure})`);
  }
  if (answer.status !== 200) {
    const secrets = credential.kind === 'secret' ? [credential.value] : [credential.password];
    throw judgeEntraAnswer(answer, { wallMs: options.clock.now(), secrets });
  }
  const context = { clientId: subject.clientId, resource, wallMs: options.clock.now() };
  const parsed = parseTokenAnswer(answer.body, context);
  if (!parsed) {
    throw entraUnavailable('gave an answer that holds no token');
  }
  return parsed;
}

interface ProofContext {
  readonly subject: ServicePrincipal;
  readonly authority: EntraAuthority;
  readonly nowMs: number;
}

/**
 * The library signs with RSA alone, so that the assertion of a certificate is made here for both kinds of
 * key.
 */
async function proofOf(
  credential: PickedCredential,
  { subject, authority, nowMs }: ProofContext,
): Promise<{ clientSecret: string } | { clientAssertion: string }> {
  if (credential.kind === 'secret') {
    return { clientSecret: credential.value };
  }
  const certificate = await loadCertificate(credential.certificate, credential.password);
  const clientAssertion = await signClientAssertion(certificate, {
    clientId: subject.clientId,
    audience: authority.tokenEndpoint,
    nowSec: Math.floor(nowMs / 1000),
  });
  return { clientAssertion };
}

/** Given, so that the library asks nobody else first where the tenant's endpoints are. */
function metadataOf({ url, tokenEndpoint }: EntraAuthority): string {
  return JSON.stringify({
    issuer: `${url}/v2.0`,
    authorization_endpoint: `${url}/oauth2/v2.0/authorize`,
    token_endpoint: tokenEndpoint,
    jwks_uri: `${url}/discovery/v2.0/keys`,
  });
}
