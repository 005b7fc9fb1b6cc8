import type { ServicePrincipal } from '../../../domain/kubernetes/identity-credential.ts';
import type { Clock } from '../../../domain/time/clock.ts';
import { limitTime } from '../../../domain/time/time-limit.ts';
import type { Network } from '../../../network/network.ts';
import { type ParsedToken, parseTokenAnswer } from '../parse-token-answer.ts';
import type { IssuedAnswer, UpstreamRequest, UpstreamSource } from '../token.ts';
import { TokenRefused } from '../token-error.ts';
import type { UpstreamQueue } from '../upstream-queue.ts';
import type { ProveByCertificate } from './certificate-prover.ts';
import type { CredentialReader } from './credential-reader.ts';
import { type EntraAuthority, entraAuthority } from './entra-authority.ts';
import { EntraNetwork } from './entra-network.ts';
import { entraUnavailable, judgeEntraAnswer } from './judge-entra-answer.ts';
import type { PickedCredential } from './pick-credential.ts';

export interface EntraSourceOptions {
  readonly credentials: CredentialReader;
  readonly clock: Clock;
  readonly queue: UpstreamQueue;
  readonly proveByCertificate: ProveByCertificate;
  /** Hosts beside Azure's own that may be sent secrets, as `host` or `host:port`. */
  readonly allowedHosts?: readonly string[];
  /** The way to Entra: proxies, and authorities of companies. */
  readonly network: Network;
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
  // Before the queue: nobody waits for Entra behind a certificate that takes long to open.
  const proof = await proofOf(options, { subject, credential }, signal);
  const { resource } = request.question;
  const ask = (tenantId: string) =>
    options.queue.run(request.askers, signal, () =>
      fetchOne(options, { subject, credential, proof, tenantId, resource }, signal),
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
  readonly proof: ClientProof;
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
  const network = new EntraNetwork(authority.tokenEndpoint, options.network, signal);
  const { ConfidentialClientApplication } = await import('@azure/msal-node');
  const application = new ConfidentialClientApplication({
    auth: {
      clientId: subject.clientId,
      authority: authority.url,
      knownAuthorities: [authority.host],
      authorityMetadata: metadataOf(authority),
      ...run.proof,
    },
    system: { networkClient: network, disableInternalRetries: true },
  });
  await application
    .acquireTokenByClientCredential({ scopes: [`${resource}/.default`], skipCache: true })
    .catch(() => undefined);
  signal.throwIfAborted();
  const { answer } = network;
  if (!answer) {
    throw entraUnavailable(`could not be asked: ${network.failure}`);
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

type ClientProof = { readonly clientSecret: string } | { readonly clientAssertion: string };

/**
 * The library signs with RSA alone, so that it is given the assertion of a certificate, of either kind of key,
 * made for the identity's own tenant: only a secret can speak for others.
 */
async function proofOf(
  { proveByCertificate, clock, allowedHosts = [] }: EntraSourceOptions,
  { subject, credential }: Pick<TokenRequestRun, 'subject' | 'credential'>,
  signal: AbortSignal,
): Promise<ClientProof> {
  if (credential.kind === 'secret') {
    return { clientSecret: credential.value };
  }
  const { namespace, name } = subject.secret;
  const claims = {
    clientId: subject.clientId,
    audience: entraAuthority(subject.adEndpoint, subject.tenantId, allowedHosts).tokenEndpoint,
    nowSec: Math.floor(clock.now() / 1000),
  };
  const proof = { credential, claims, namespace, place: `Secret ${namespace}/${name}` };
  return { clientAssertion: await proveByCertificate(proof, signal) };
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
