import { randomUUID } from 'node:crypto';
import { inClusterIssuer } from '../federation/issuers.ts';
import { newSigningKey, type SigningKey, signJwt } from '../federation/signing-keys.ts';
import { type Call, parseBody, send } from './kube-call.ts';
import { badRequest, conflict, invalid, methodNotAllowed, notFound } from './kube-failure.ts';
import type { WriteTarget } from './objects/admit-object.ts';
import { isMap, type JsonMap, type KubeObject } from './objects/kube-object.ts';
import type { KubeStore } from './objects/kube-store.ts';

/** Signs the tokens of service accounts. */
export interface TokenSigner {
  readonly issuer: string;
  sign(claims: object): string;
}

/** As of a cluster without an OIDC issuer; its key is made when it first signs. */
export function ownSigner(): () => TokenSigner {
  let key: SigningKey | undefined;
  return () => {
    const made = key ?? newSigningKey();
    key = made;
    return { issuer: inClusterIssuer, sign: (claims) => signJwt(made, claims) };
  };
}

const apiGroup = 'authentication.k8s.io';
/** Of errors about the request itself. */
const tokenRequest = { group: apiGroup, plural: 'TokenRequest' };
const leastSeconds = 600;
const usualSeconds = 3600;
/** AKS lets no token live longer. */
const mostSeconds = 86_400;

/**
 * Answers `POST …/serviceaccounts/NAME/token`.
 * @throws KubeFailure 400, 404 for the account or what the token is to be bound to, 405, 409 for another uid, 422
 */
export function answerTokenRequest(call: Call, verb: string, target: WriteTarget, signer: TokenSigner): void {
  if (verb !== 'create') {
    throw methodNotAllowed();
  }
  const { store, response } = call;
  const body = parseBody(call);
  const kind = { apiVersion: `${apiGroup}/v1`, kind: 'TokenRequest' };
  if (
    (body['kind'] ?? kind.kind) !== kind.kind ||
    (body['apiVersion'] ?? kind.apiVersion) !== kind.apiVersion
  ) {
    throw badRequest(`The object must be a ${kind.kind} of ${kind.apiVersion}.`);
  }
  const account = requireAccount(store, target, isMap(body.metadata) ? body.metadata : {});
  const spec = isMap(body['spec']) ? body['spec'] : {};
  const audiences = audiencesIn(spec, signer);
  const wantedSeconds = secondsIn(spec);
  const seconds = Math.min(wantedSeconds, mostSeconds);
  const boundTo = isMap(spec['boundObjectRef']) ? spec['boundObjectRef'] : undefined;
  const bound = boundTo === undefined ? {} : boundClaims(store, account, boundTo);
  const nowSec = Math.floor(store.now() / 1000);
  const { name, namespace = '', uid } = account.metadata;
  const token = signer.sign({
    aud: audiences,
    exp: nowSec + seconds,
    iat: nowSec,
    iss: signer.issuer,
    jti: randomUUID(),
    'kubernetes.io': { namespace, ...bound, serviceaccount: { name, uid } },
    nbf: nowSec,
    sub: `system:serviceaccount:${namespace}:${name}`,
  });
  if (seconds < wantedSeconds) {
    const shortened = `requested expiration of ${wantedSeconds} seconds shortened to ${seconds} seconds`;
    response.setHeader('warning', `299 - "${shortened}"`);
  }
  const at = (sec: number) => new Date(sec * 1000).toISOString().replace('.000Z', 'Z');
  send(call, 201, {
    ...kind,
    metadata: { name, namespace, uid, creationTimestamp: at(nowSec) },
    spec: { audiences, expirationSeconds: seconds, boundObjectRef: boundTo ?? null },
    status: { token, expirationTimestamp: at(nowSec + seconds) },
  });
}

function requireAccount(store: KubeStore, target: WriteTarget, asked: JsonMap): KubeObject {
  const { kind, namespace, name } = target;
  for (const [member, own] of Object.entries({ name, namespace })) {
    if ((asked[member] ?? '') !== '' && asked[member] !== own) {
      const message = `Invalid value: "${asked[member]}": must match the service account ${member} if specified`;
      throw invalid(tokenRequest, name, [
        { reason: 'FieldValueInvalid', field: `metadata.${member}`, message },
      ]);
    }
  }
  const account = store.find(kind, namespace, name);
  if (account === undefined) {
    throw notFound(kind, name);
  }
  const { uid } = account.metadata;
  if ((asked['uid'] ?? '') !== '' && asked['uid'] !== uid) {
    throw conflict(
      tokenRequest,
      name,
      `the UID in the token request (${asked['uid']}) does not match the UID of the service account (${uid})`,
    );
  }
  return account;
}

function audiencesIn(spec: JsonMap, { issuer }: TokenSigner): readonly string[] {
  const audiences = spec['audiences'] ?? [];
  if (!Array.isArray(audiences) || audiences.some((one) => typeof one !== 'string')) {
    throw badRequest('spec.audiences is a list of strings.');
  }
  // None named: the API server's own, which is its issuer.
  return audiences.length > 0 ? audiences : [issuer];
}

function secondsIn(spec: JsonMap): number {
  const seconds = spec['expirationSeconds'] ?? usualSeconds;
  if (typeof seconds !== 'number' || !Number.isInteger(seconds)) {
    throw badRequest('spec.expirationSeconds is a whole number.');
  }
  const fault =
    seconds < leastSeconds
      ? 'may not specify a duration less than 10 minutes'
      : seconds > 2 ** 32
        ? 'may not specify a duration larger than 2^32 seconds'
        : undefined;
  if (fault !== undefined) {
    const message = `Invalid value: ${seconds}: ${fault}`;
    throw invalid(tokenRequest, '', [
      { reason: 'FieldValueInvalid', field: 'spec.expirationSeconds', message },
    ]);
  }
  return seconds;
}

/** The claims about what a token ends with. */
function boundClaims(store: KubeStore, account: KubeObject, asked: JsonMap): object {
  const { apiVersion = '', kind = '', name = '', uid = '' } = asked as Record<string, string>;
  if (apiVersion !== 'v1' || !['Pod', 'Node', 'Secret'].includes(kind)) {
    const group = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;
    throw badRequest(`cannot bind token to object of type ${group}, Kind=${kind}`);
  }
  const ofKind = store.kind(kind, '');
  const found = store.find(ofKind, kind === 'Node' ? '' : (account.metadata.namespace ?? ''), name);
  if (found === undefined) {
    throw notFound(ofKind, name);
  }
  const spec = isMap(found.spec) ? found.spec : {};
  const runsAs = spec['serviceAccountName'] ?? 'default';
  if (kind === 'Pod' && runsAs !== account.metadata.name) {
    throw badRequest(
      `cannot bind token for serviceaccount "${account.metadata.name}" to pod running with different serviceaccount name.`,
    );
  }
  if (uid !== '' && uid !== found.metadata.uid) {
    throw conflict(
      { group: '', plural: kind },
      name,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  const nodeName = kind === 'Pod' ? spec['nodeName'] : undefined;
  const node = typeof nodeName === 'string' ? nodeClaim(store, nodeName) : {};
  return { ...node, [kind.toLowerCase()]: { name, uid: found.metadata.uid } };
}

/** Of a node that is not there its name alone. */
function nodeClaim(store: KubeStore, name: string): object {
  const uid = store.get('nodes', '', name)?.metadata.uid;
  return { node: { name, ...(uid === undefined ? {} : { uid }) } };
}
