import { request } from 'node:https';
import type { ApiServer } from './api-server.ts';

/** One question for a token of an account, as anybody may type it. What is absent is not sent. */
export interface Asked {
  readonly as?: 'n1' | 'n2' | 'no-node' | string;
  readonly namespace?: string;
  readonly name: string;
  readonly audiences?: readonly string[];
  readonly pod?: string;
  readonly uid?: string;
  readonly seconds?: number;
  readonly asUser?: string;
}

export interface Answered {
  readonly status: number;
  /** Empty: none was made. */
  readonly token: string;
  readonly message: string;
}

export async function askForToken(
  { url }: ApiServer,
  tokens: ReadonlyMap<string, string>,
  { as = 'n1', namespace = 'shop', name, audiences, pod: podName, uid, seconds = 600, asUser }: Asked,
  uidOf: (pod: string) => string,
): Promise<Answered> {
  const bound =
    podName === undefined
      ? {}
      : {
          boundObjectRef: {
            apiVersion: 'v1',
            kind: 'Pod',
            name: podName,
            uid: uid ?? (namespace === 'shop' ? uidOf(podName) : ''),
          },
        };
  const { status, body } = await send(`${url}/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, {
    token: tokens.get(as) ?? as,
    asUser,
    body: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: seconds, ...(audiences === undefined ? {} : { audiences }), ...bound },
    },
  });
  const answer = body as { status?: { token?: string }; message?: string };
  return {
    status,
    token: answer.status?.token ?? '',
    message: answer.message ?? '',
  };
}

/** By a client that has nothing of podid's. */
export async function send(
  url: string,
  { token, asUser, body }: { token: string; asUser: string | undefined; body?: object },
): Promise<{ status: number; body: unknown }> {
  return await new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: body === undefined ? 'GET' : 'POST',
        rejectUnauthorized: false,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          ...(asUser === undefined ? {} : { 'impersonate-user': asUser }),
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
      },
    );
    sent.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
  });
}
