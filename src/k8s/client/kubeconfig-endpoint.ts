import { advice } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import { type Kubeconfig, type KubeconfigUser, parseKubeconfig } from '../../validate/files/kubeconfig.ts';
import type { ChosenContext } from '../kubeconfig/choose-context.ts';
import { checkPem, readContext } from '../kubeconfig/read-kubeconfig.ts';
import { type ApiEndpoint, contextEndpoint } from './api-endpoint.ts';
import type { ReadEndpoint } from './live-endpoint.ts';

/**
 * Reads the current context of a kubeconfig, for a daemon: tokens, token files and client certificates. Programs that
 * fetch credentials are not run. It is asked before each request, so that what is as it was is neither parsed nor
 * checked again: the same endpoint comes back.
 * @returns rejects with PodidError InvalidKubeconfig
 */
export function kubeconfigReader(path: string): ReadEndpoint {
  const parse = rememberingParser();
  let last: { readonly content: string; readonly endpoint: ApiEndpoint } | undefined;
  return async () => {
    const chosen = await asPlainFault(() => readContext(path, undefined, parse));
    const content = JSON.stringify(chosen);
    if (content !== last?.content) {
      last = { content, endpoint: await usableEndpoint(chosen, path) };
    }
    return last.endpoint;
  };
}

async function usableEndpoint(chosen: ChosenContext, path: string): Promise<ApiEndpoint> {
  const unsupported = unsupportedMember(chosen.user);
  if (unsupported !== undefined) {
    const message = `The kubeconfig ${path} cannot be used: its user signs in by ${unsupported}, which the agent does not do.`;
    throw new PodidError('InvalidKubeconfig', message, { hint });
  }
  await asPlainFault(async () => checkPem(chosen, path));
  return contextEndpoint(chosen);
}

/** The last text of each file, and what it came to. */
function rememberingParser(): typeof parseKubeconfig {
  const known = new Map<string, { readonly text: string; readonly config: Kubeconfig }>();
  return (text, source) => {
    const before = known.get(source);
    if (before?.text === text) {
      return before.config;
    }
    const config = parseKubeconfig(text, source);
    known.set(source, { text, config });
    return config;
  };
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
