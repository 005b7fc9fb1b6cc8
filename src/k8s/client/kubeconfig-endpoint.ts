import { advice } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import type { KubeconfigUser } from '../../validate/files/kubeconfig.ts';
import { checkPem, readContext } from '../kubeconfig/read-kubeconfig.ts';
import { type ApiEndpoint, contextEndpoint } from './api-endpoint.ts';

/**
 * The current context of a kubeconfig, for a daemon: tokens, token files and client certificates. Programs
 * that fetch credentials are not run.
 * @throws PodidError InvalidKubeconfig
 */
export async function kubeconfigEndpoint(path: string): Promise<ApiEndpoint> {
  const chosen = await asPlainFault(() => readContext(path, undefined));
  const unsupported = unsupportedMember(chosen.user);
  if (unsupported !== undefined) {
    const message = `The kubeconfig ${path} cannot be used: its user signs in by ${unsupported}, which the agent does not do.`;
    throw new PodidError('InvalidKubeconfig', message, { hint });
  }
  await asPlainFault(async () => checkPem(chosen, path));
  return contextEndpoint(chosen);
}

async function asPlainFault<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    // The hints are for people at a command line.
    throw isPodidError(error) ? new PodidError(error.code, error.message, { hint, cause: error }) : error;
  }
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

const hint = advice`Fix the file or name another with --kubeconfig; in a pod, leave the flag away.`;
