import type { EmulatorRequest, EmulatorResponse } from '../http.ts';
import type { World } from '../world.ts';
import { publishedKeys } from './issuers.ts';
import { publicPart } from './signing-keys.ts';

/** Below a tenant and a GUID: `/TENANT/v2.0/.well-known/…` is Entra's own. */
const issuerPath =
  /^(?<root>\/[^/]+\/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\/)(?<document>\.well-known\/openid-configuration|openid\/v1\/jwks)$/i;

/** @returns the operation's name, or undefined where no issuer has such a path */
export function issuerOperation(method: string, path: string): string | undefined {
  const document = method === 'GET' ? issuerPath.exec(path)?.groups?.['document'] : undefined;
  return document && (document.startsWith('.') ? 'issuer.configuration' : 'issuer.keys');
}

/** What a cluster's OIDC issuer publishes, to everybody. */
export function answerIssuer({ path }: EmulatorRequest, world: World): EmulatorResponse {
  const { root = '', document = '' } = issuerPath.exec(path)?.groups ?? {};
  const issuer = `${world.origin}${root}`;
  const keys = publishedKeys(world, issuer);
  if (keys === undefined) {
    return { status: 404, text: 'The specified resource does not exist.' };
  }
  if (!document.startsWith('.')) {
    return { status: 200, body: { keys: keys.map(publicPart) } };
  }
  return {
    status: 200,
    body: {
      issuer,
      jwks_uri: `${issuer}openid/v1/jwks`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    },
  };
}
