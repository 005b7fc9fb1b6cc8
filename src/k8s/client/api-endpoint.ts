import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PodidError } from '../../errors/podid-error.ts';

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
  /**
   * The bearer token to send now, or undefined. Asked before each request: tokens of service accounts are
   * rotated within the hour.
   */
  token(): Promise<string | undefined>;
}

/**
 * Where the kubelet mounts a service account (Kubernetes documentation, "Accessing the Kubernetes API from a
 * Pod").
 */
export const serviceAccountDir = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface InClusterOptions {
  /** `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`. */
  readonly host: string;
  readonly port: string;
  /** Holds `token` and `ca.crt`. */
  readonly accountDir: string;
}

/** @throws PodidError InvalidKubeconfig when the service account is not mounted */
export async function inClusterEndpoint({ host, port, accountDir }: InClusterOptions): Promise<ApiEndpoint> {
  const ca = await readFile(join(accountDir, 'ca.crt'), 'utf8').catch((cause: unknown) => {
    throw new PodidError('InvalidKubeconfig', `The service account in ${accountDir} cannot be read.`, {
      hint: 'Mount a service account token, or pass --kubeconfig.',
      cause,
    });
  });
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    tls: { ca },
    token: tokenFromFile(join(accountDir, 'token')),
  };
}

/** Read anew for every request: a few dozen an hour, and a rotated token is never used late. */
export function tokenFromFile(path: string): () => Promise<string> {
  return async () => (await readFile(path, 'utf8')).trim();
}
