import type { EntraSignIn } from '../../domain/azure/entra-sign-in.ts';
import { advice, command } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import type { AzureSettings } from './azure-settings.ts';
import { createCredential } from './credential.ts';
import { principalSource } from './principal-source.ts';
import type { Source } from './source.ts';

/**
 * A token for the API of a cluster that signs in through Entra, by podid's own sign-in or as the principal
 * that the kubeconfig names.
 *
 * @throws PodidError InvalidKubeconfig (another cloud than podid's) | NotSignedIn | Unavailable, and the
 * signal's reason
 */
export async function fetchEntraToken(
  settings: AzureSettings,
  signIn: EntraSignIn,
  signal: AbortSignal,
): Promise<string> {
  const { cloud, tenantId, serverId } = signIn;
  if (cloud !== undefined && cloud !== settings.cloud.name) {
    throw otherCloud(cloud, settings.cloud.name);
  }
  const there = tenantId === undefined ? settings : { ...settings, tenantId };
  try {
    const token = await createCredential(there, sourcesOf(there, signIn)).getToken(`${serverId}/.default`, {
      abortSignal: signal,
    });
    signal.throwIfAborted();
    return token?.token ?? noToken();
  } catch (error) {
    signal.throwIfAborted();
    throw isPodidError(error) ? forTheCluster(error, serverId) : error;
  }
}

/** Undefined: podid's own. */
function sourcesOf(settings: AzureSettings, { as }: EntraSignIn): readonly Source[] | undefined {
  return as.kind === 'caller'
    ? undefined
    : principalSource(settings, as, "the kubeconfig's service principal");
}

function otherCloud(cloud: string, own: string): PodidError {
  return new PodidError(
    'InvalidKubeconfig',
    `The kubeconfig signs in to ${cloud}, and podid works with ${own}.`,
    { hint: advice`Add ${command('--cloud', cloud)}, or name another kubeconfig with --kubeconfig.` },
  );
}

function noToken(): never {
  throw new PodidError('NotSignedIn', 'The sign-in gave no token.', { hint: advice`az login` });
}

function forTheCluster(error: PodidError, serverId: string): PodidError {
  const { hint, details } = error;
  return new PodidError(
    error.code,
    `The cluster's API needs an Entra token for the application ${serverId}, and podid could not get one: ${error.message}`,
    { details, cause: error, ...(hint === undefined ? {} : { hint }) },
  );
}
