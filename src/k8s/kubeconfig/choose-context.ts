import type { EntraSignIn } from '../../domain/azure/entra-sign-in.ts';
import { advice, type Hint, joinHints, othersText } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { Kubeconfig, KubeconfigCluster, KubeconfigUser } from '../../validate/files/kubeconfig.ts';

/** Where to go, and as whom. */
export interface ChosenContext {
  readonly name: string;
  readonly cluster: KubeconfigCluster;
  readonly user: KubeconfigUser;
  /** Instead of a plugin of the user's: a sign-in to Entra that podid does itself. */
  readonly entra?: EntraSignIn;
}

/**
 * The context by name, or the kubeconfig's current one.
 *
 * @param source completes "The kubeconfig …"
 * @throws PodidError InvalidKubeconfig
 */
export function chooseContext(config: Kubeconfig, wanted: string | undefined, source: string): ChosenContext {
  const name = wanted ?? config.currentContext;
  const known = knownContexts(config);
  if (name === undefined) {
    throw new PodidError('InvalidKubeconfig', `The kubeconfig ${source} names no current context.`, {
      hint: known,
    });
  }
  const context = config.contexts.find((one) => one.name === name);
  if (context === undefined) {
    const message = `The kubeconfig ${source} has no context ${JSON.stringify(name)}.`;
    throw new PodidError('InvalidKubeconfig', message, { hint: known });
  }
  const cluster = config.clusters.find((one) => one.name === context.cluster);
  if (cluster === undefined) {
    throw dangling(source, name, 'cluster');
  }
  const user =
    context.user === undefined ? { name: '' } : config.users.find((one) => one.name === context.user);
  if (user === undefined) {
    throw dangling(source, name, 'user');
  }
  return { name, cluster, user };
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
