import { createPublicKey, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newSigningKey, publicPart, signJwt } from '../../src/emulator/federation/signing-keys.ts';
import { createKubeRoutes } from '../../src/emulator/kube/kube-routes.ts';
import type { KubeStore } from '../../src/emulator/kube/objects/kube-store.ts';

export interface ConfinedKube {
  readonly url: string;
  readonly store: KubeStore;
  /** Of the tokens that it makes. */
  readonly publicKey: KeyObject;
  /** Tokens of service accounts that were made, and that were asked for and refused. */
  readonly tokens: { made: number; refused: number };
  stop(): Promise<void>;
}

export interface ConfinedKubeOptions {
  readonly namespaces: readonly string[];
  readonly issuer: string;
  readonly audience: string;
}

interface TokenSpec {
  readonly audiences?: readonly string[];
  readonly expirationSeconds?: number;
  readonly boundObjectRef?: { readonly kind?: string; readonly name?: string; readonly uid?: string };
}

const longestSec = 3600;

/**
 * The emulator's Kubernetes API. It knows no admission policies, so what ValidatingAdmissionPolicy `…-own-pods` says of
 * tokens is done here, to all who ask. A bearer token is the name of the node that asks.
 */
export async function startConfinedKube(options: ConfinedKubeOptions): Promise<ConfinedKube> {
  const { namespaces, issuer, audience } = options;
  const key = newSigningKey();
  const routes = createKubeRoutes({
    namespaces,
    signer: () => ({ issuer, sign: (claims) => signJwt(key, claims) }),
  });
  const tokens = { made: 0, refused: 0 };
  const isAllowed = (namespace: string, node: string, spec: TokenSpec) => {
    const { audiences = [], expirationSeconds = longestSec, boundObjectRef: bound } = spec;
    const pod = routes.store.get('pods', namespace, bound?.name ?? '');
    return (
      audiences.length === 1 &&
      audiences[0] === audience &&
      expirationSeconds <= longestSec &&
      bound?.kind === 'Pod' &&
      pod?.metadata.uid === bound.uid &&
      (pod?.spec as { readonly nodeName?: string } | undefined)?.nodeName === node
    );
  };
  const answer = async (request: IncomingMessage, response: ServerResponse, body: Buffer) => {
    const path = /^\/api\/v1\/namespaces\/([^/]+)\/serviceaccounts\/[^/]+\/token$/.exec(request.url ?? '');
    if (path !== null) {
      const { spec = {} } = JSON.parse(body.toString()) as { readonly spec?: TokenSpec };
      const node = (request.headers.authorization ?? '').replace('Bearer ', '');
      if (!isAllowed(path[1] ?? '', node, spec)) {
        tokens.refused += 1;
        forbid(response);
        return;
      }
      tokens.made += 1;
    }
    (await routes.handle(request, response, body)) || response.writeHead(404).end();
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => void answer(request, response, Buffer.concat(chunks)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    store: routes.store,
    publicKey: createPublicKey({ key: publicPart(key), format: 'jwk' }),
    tokens,
    async stop() {
      routes.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function forbid(response: ServerResponse): void {
  const message = 'The agent makes tokens of pods of its own node, for exchange alone.';
  const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Forbidden', code: 403 };
  response
    .writeHead(403, { 'content-type': 'application/json' })
    .end(JSON.stringify({ ...status, metadata: {}, message }));
}
