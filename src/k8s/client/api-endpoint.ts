import { readFile } from 'node:fs/promises';
import { decodeText } from '../../errors/plain-text.ts';
import type { ChosenContext } from '../kubeconfig/choose-context.ts';
import { type InPod, serviceAccountContext } from '../kubeconfig/service-account-context.ts';

/** How to reach an API server, and as whom. */
export interface ApiEndpoint {
  /** `https://host:port`, with a path when the server lives under one; no slash at the end. */
  readonly server: string;
  readonly tls: {
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
    readonly servername?: string;
    readonly rejectUnauthorized?: boolean;
  };
  /** `proxy-url` of the kubeconfig; goes before what the environment names. */
  readonly proxyUrl?: string;
  /** An address of the cluster's own network, which no proxy leads to. */
  readonly isInCluster?: true;
  /**
   * The bearer token to send now, or undefined. Asked before each request: tokens of service accounts are
   * rotated within the hour.
   */
  token(): Promise<string | undefined>;
}

/** @throws PodidError InvalidKubeconfig when the service account is not mounted */
export async function inClusterEndpoint(pod: InPod, accountDir?: string): Promise<ApiEndpoint> {
  return { ...contextEndpoint(await serviceAccountContext(pod, accountDir)), isInCluster: true };
}

/** A context that signs in by a token, a file with one, or a certificate. */
export function contextEndpoint({ cluster, user }: ChosenContext): ApiEndpoint {
  const pems = Object.entries({ ca: cluster.caData, cert: user.certData, key: user.keyData }).flatMap(
    ([member, data]) => (data === undefined ? [] : [[member, Buffer.from(data, 'base64').toString('utf8')]]),
  );
  const { tokenFile } = user;
  return {
    server: cluster.server,
    tls: {
      ...Object.fromEntries(pems),
      ...(cluster.tlsServerName === undefined ? {} : { servername: cluster.tlsServerName }),
      ...(cluster.skipTlsVerify ? { rejectUnauthorized: false } : {}),
    },
    ...(cluster.proxyUrl ? { proxyUrl: cluster.proxyUrl } : {}),
    token: tokenFile === undefined ? () => Promise.resolve(user.token) : tokenFromFile(tokenFile),
  };
}

/** Read anew for every request: a few dozen an hour, and a rotated token is never used late. */
export function tokenFromFile(path: string): () => Promise<string> {
  return async () => decodeText(await readFile(path)).trim();
}
