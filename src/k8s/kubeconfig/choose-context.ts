import type { EntraSignIn } from '../../domain/azure/entra-sign-in.ts';
import { advice, type Hint, joinHints, othersText } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type {
  Kubeconfig,
  KubeconfigCluster,
  KubeconfigEntry,
  KubeconfigUser,
} from '../../validate/files/kubeconfig.ts';
import {
  kubeconfigCluster,
  kubeconfigContext,
  kubeconfigUser,
} from '../../validate/files/kubeconfig-entries.ts';

/** Where to go, and as whom. */
export interface ChosenContext {
  readonly name: string;
  readonly cluster: KubeconfigCluster;
  readonly user: KubeconfigUser;
  /** Instead of a plugin of the user's: a sign-in to Entra that podid does itself. */
  readonly entra?: EntraSignIn;
}

/** The entries of a kubeconfig that one context uses; nothing else in it is judged. */
export interface ChosenEntries {
  readonly name: string;
  readonly cluster: KubeconfigEntry;
  /** Absent: requests carry no credential. */
  readonly user?: KubeconfigEntry;
}

/**
 * Of the context by name, or of the kubeconfig's current one.
 *
 * @param source completes "The kubeconfig …"
 * @throws PodidError InvalidKubeconfig
 */
export function chooseEntries(config: Kubeconfig, wanted: string | undefined, source: string): ChosenEntries {
  const name = wanted ?? config.currentContext;
  const known = knownContexts(config);
  if (name === undefined) {
    throw new PodidError('InvalidKubeconfig', `The kubeconfig ${source} names no current context.`, {
      hint: known,
    });
  }
  const entry = config.contexts.find((one) => one.name === name);
  if (entry === undefined) {
    const message = `The kubeconfig ${source} has no context ${JSON.stringify(name)}.`;
    throw new PodidError('InvalidKubeconfig', message, { hint: known });
  }
  const context = kubeconfigContext(entry);
  const cluster = config.clusters.find((one) => one.name === context.cluster);
  if (cluster === undefined) {
    throw dangling(source, name, 'cluster');
  }
  if (context.user === undefined) {
    return { name, cluster };
  }
  const user = config.users.find((one) => one.name === context.user);
  if (user === undefined) {
    throw dangling(source, name, 'user');
  }
  return { name, cluster, user };
}

/** @throws PodidError InvalidKubeconfig */
export function readEntries({ name, cluster, user }: ChosenEntries): ChosenContext {
  return {
    name,
    cluster: kubeconfigCluster(cluster),
    user: user === undefined ? { name: '' } : kubeconfigUser(user),
  };
}

function knownContexts({ contexts }: Kubeconfig): Hint {
  if (contexts.length === 0) {
    return advice`It has no context: az aks get-credentials writes one.`;
  }
  const first = contexts.slice(0, 20).map(({ name }) => advice`${othersText(name)}`);
  const more =
    contexts.length > first.length ? advice` and ${contexts.length - first.length} more` : advice``;
  return advice`Give --context one of: ${joinHints(first, ', ')}${more}`;
}

function dangling(source: string, context: string, member: string): PodidError {
  return new PodidError(
    'InvalidKubeconfig',
    `The kubeconfig ${source} lacks the ${member} of its context ${JSON.stringify(context)}.`,
    { hint: advice`Add the ${othersText(member)} to the file, or name another context with --context.` },
  );
}
