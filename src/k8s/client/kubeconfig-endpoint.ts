import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { PodidError } from '../../errors/podid-error.ts';
import { type Kubeconfig, type KubeconfigUser, parseKubeconfig } from '../../validate/files/kubeconfig.ts';
import { type ApiEndpoint, tokenFromFile } from './api-endpoint.ts';

/**
 * The current context of a kubeconfig, for a daemon: tokens, token files and client certificates. Programs
 * that fetch credentials are not run.
 * @throws PodidError InvalidKubeconfig
 */
export async function kubeconfigEndpoint(path: string): Promise<ApiEndpoint> {
  const text = await readText(path, path);
  const config = parseKubeconfig(text, path);
  const { cluster, user } = currentContext(config, path);
  const near = (file: string) => resolve(dirname(path), file);
  const pem = (data: string | undefined, file: string | undefined) =>
    data !== undefined
      ? Promise.resolve(Buffer.from(data, 'base64').toString('utf8'))
      : file === undefined
        ? Promise.resolve(undefined)
        : readText(near(file), path);
  const [ca, cert, key] = await Promise.all([
    pem(cluster.caData, cluster.caFile),
    pem(user.certData, user.certFile),
    pem(user.keyData, user.keyFile),
  ]);
  return {
    server: cluster.server,
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(cluster.tlsServerName === undefined ? {} : { servername: cluster.tlsServerName }),
      ...(cluster.skipTlsVerify ? { rejectUnauthorized: false } : {}),
    },
    token:
      user.tokenFile === undefined ? () => Promise.resolve(user.token) : tokenFromFile(near(user.tokenFile)),
  };
}

function currentContext(config: Kubeconfig, path: string) {
  const context = config.contexts.find(({ name }) => name === config.currentContext);
  const cluster = config.clusters.find(({ name }) => name === context?.cluster);
  if (context === undefined || cluster === undefined) {
    throw invalid(path, 'its current context names no cluster of it');
  }
  const user = config.users.find(({ name }) => name === context.user) ?? { name: '' };
  const unsupported = unsupportedMember(user);
  if (unsupported !== undefined) {
    throw invalid(path, `its user signs in by ${unsupported}, which the agent does not do`);
  }
  return { cluster, user };
}

function unsupportedMember(user: KubeconfigUser): string | undefined {
  if (user.plugin !== undefined) {
    return 'a program (exec)';
  }
  if (user.authProvider !== undefined) {
    return 'an auth-provider';
  }
  if (user.impersonate !== undefined) {
    return 'impersonation (as)';
  }
  return user.username === undefined ? undefined : 'a password';
}

async function readText(file: string, kubeconfig: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw invalid(kubeconfig, `${file} cannot be read`, cause);
  }
}

function invalid(path: string, reason: string, cause?: unknown): PodidError {
  return new PodidError('InvalidKubeconfig', `The kubeconfig ${path} cannot be used: ${reason}.`, {
    hint: 'Fix the file or name another with --kubeconfig; in a pod, leave the flag away.',
    cause,
  });
}
