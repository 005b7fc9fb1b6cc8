import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodeJwt, jwtVerify, SignJWT } from 'jose';
import { certificateFolder } from '../certificates-in-test.ts';
import { bodyOf, localServer } from '../local-server.ts';

export const issuer = 'https://oidc.example.test/tenant/cluster/';
export const agentSubject = 'system:serviceaccount:kube-system:podid-nmi';
export const exchangeAudience = 'api://AzureADTokenExchange';

/** Entra refuses with this, or does whatever the test wants with the connection. */
export type EntraConduct = (response: ServerResponse, asked: AskedOfEntra) => void;

export interface AskedOfEntra {
  readonly url: string;
  readonly form: Readonly<Record<string, string>>;
}

export interface EntraInTest extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** A file with the authority of its certificate. */
  readonly authorityFile: string;
  /** Where the agent's token is. */
  readonly tokenFile: string;
  readonly asked: readonly AskedOfEntra[];
  /** Client ids that have a federated credential for the agent's subject. */
  readonly federated: Set<string>;
  /** Client ids of the tenant. */
  readonly known: Set<string>;
  /** `CLIENT_ID SUBJECT` of federated credentials for other subjects. */
  readonly trusted: Set<string>;
  /** Keys that the issuer publishes beside the one that signs the agent's token. */
  readonly publicKeys: Set<KeyObject>;
  /** In place of Entra's own conduct; undefined: as Entra does. */
  conduct: EntraConduct | undefined;
  /** Seconds that its tokens live. */
  lifetimeSec: number;
  /** Writes a new token of the agent, as the kubelet does. @returns the token */
  project(claims?: Readonly<Record<string, unknown>>): Promise<string>;
  /** As `az aks oidc-issuer rotate-signing-keys` twice: what the old key signed is not taken any more. */
  rotateKey(): void;
}

/** How Entra refuses: `error_codes` and the description that begins with the code. */
export function refusal(code: number, status = 401, error = 'invalid_client'): EntraConduct {
  return (response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(
      JSON.stringify({
        error,
        error_description: `AADSTS${code}: something is not as it should be. Trace ID: 1`,
        error_codes: [code],
      }),
    );
}

/** A sign-in service on loopback that checks what it is sent: RS256, times, issuer, subject and audience. */
export async function entraInTest(): Promise<EntraInTest> {
  const made = certificateFolder();
  made.issue('entra', 'P-256');
  const asked: AskedOfEntra[] = [];
  let keys = newKeys();
  let issued = 0;
  const state = {
    federated: new Set<string>(),
    known: new Set<string>(),
    trusted: new Set<string>(),
    publicKeys: new Set<KeyObject>(),
    conduct: undefined as EntraConduct | undefined,
    lifetimeSec: 3599,
  };
  const decide = async (form: Readonly<Record<string, string>>): Promise<EntraConduct> => {
    const { client_id: client = '', client_assertion: assertion = '' } = form;
    const claims = decodeJwt(assertion);
    const nowSec = Date.now() / 1000;
    const isSigned = await Promise.any(
      [keys.publicKey, ...state.publicKeys].map((key) =>
        jwtVerify(assertion, key, {
          algorithms: ['RS256'],
          currentDate: new Date((claims.iat ?? 0) * 1000),
        }),
      ),
    ).then(
      () => true,
      () => false,
    );
    const isTrusted =
      claims.sub === agentSubject
        ? state.federated.has(client)
        : state.trusted.has(`${client} ${claims.sub ?? ''}`);
    const checks: readonly (readonly [boolean, number, number?])[] = [
      [state.known.has(client), 700016, 400],
      [isSigned, 700027],
      [(claims.exp ?? 0) > nowSec - 300 && (claims.iat ?? 0) < nowSec + 300, 700024],
      [claims.iss === issuer, 700211],
      [[claims.aud].flat().includes(exchangeAudience), 700212],
      [isTrusted, 700213],
    ];
    const [, code, status] = checks.find(([holds]) => !holds) ?? [];
    return code === undefined ? token : refusal(code, status);
  };
  const token: EntraConduct = (response, { form }) => {
    issued += 1;
    const text = `token-${issued}-of-${form['client_id']}-for-${form['scope']}`;
    response.writeHead(200, { 'content-type': 'application/json' }).end(
      JSON.stringify({
        token_type: 'Bearer',
        expires_in: state.lifetimeSec,
        ext_expires_in: state.lifetimeSec,
        access_token: Buffer.from(text).toString('base64url'),
      }),
    );
  };
  const listener = async (request: IncomingMessage, response: ServerResponse) => {
    const one = { url: request.url ?? '', form: Object.fromEntries(await bodyOf(request)) };
    asked.push(one);
    (state.conduct ?? (await decide(one.form)))(response, one);
  };
  const server = await localServer(listener, { key: made.read('entra.key'), cert: made.read('entra.crt') });
  const tokenFile = made.path('token');
  const entra: EntraInTest = Object.assign(state, {
    host: `127.0.0.1:${server.port}`,
    authorityFile: made.path('entra-ca.crt'),
    tokenFile,
    asked,
    async project(claims: Readonly<Record<string, unknown>> = {}) {
      const nowSec = Math.floor(Date.now() / 1000);
      const jwt = await new SignJWT({
        iss: issuer,
        sub: agentSubject,
        aud: [exchangeAudience],
        iat: nowSec,
        exp: nowSec + 3600,
        ...claims,
      })
        .setProtectedHeader({ alg: 'RS256' })
        .sign(keys.privateKey);
      writeFileSync(tokenFile, jwt, { mode: 0o400, flag: 'w' });
      return jwt;
    },
    rotateKey: () => {
      keys = newKeys();
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      made[Symbol.dispose]();
    },
  });
  await entra.project();
  return entra;
}

/** What a token of this Entra says, in words. */
export function readToken(accessToken: string): string {
  return Buffer.from(accessToken, 'base64url').toString();
}

function newKeys(): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}
