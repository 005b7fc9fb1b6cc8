import { isPodidError, PodidError } from '../errors/podid-error.ts';
import { type KubeconfigUser, parseKubeconfig } from '../validate/kubeconfig.ts';
import { type ChosenContext, chooseContext } from './choose-context.ts';

/**
 * One context of the kubeconfig that ARM handed out. It comes over the network, so nothing in it is run and no file that it names is
 * opened: what counts is the token or the certificate that it carries.
 *
 * @throws PodidError ClusterUnreachable (no usable credential in it) | InvalidKubeconfig (an unknown `--context`)
 */
export function armContext(text: string, context: string | undefined): ChosenContext {
  const chosen = chooseContext(parseArm(text), context, source);
  const { plugin, authProvider, tokenFile: _token, certFile: _cert, keyFile: _key, ...user } = chosen.user;
  if (!hasCredential(user)) {
    throw withoutCredential(plugin !== undefined || authProvider !== undefined);
  }
  const { caFile: _ca, ...cluster } = chosen.cluster;
  return { ...chosen, cluster, user };
}

const source = 'that Azure gave for the cluster';

function parseArm(text: string) {
  try {
    return parseKubeconfig(text, source);
  } catch (error) {
    if (!isPodidError(error, 'InvalidKubeconfig')) {
      throw error;
    }
    throw new PodidError('ClusterUnreachable', error.message, { hint: ownKubeconfigHint });
  }
}

function hasCredential(user: KubeconfigUser): boolean {
  return Boolean(user.token || (user.certData && user.keyData) || user.username);
}

function withoutCredential(entra: boolean): PodidError {
  const why = entra
    ? 'The cluster takes Entra sign-ins only, and podid runs no sign-in plugin that Azure names.'
    : 'The kubeconfig that Azure gave for the cluster holds no credential.';
  return new PodidError('ClusterUnreachable', why, { hint: ownKubeconfigHint });
}

const ownKubeconfigHint =
  'az aks get-credentials -g GROUP -n CLUSTER && kubelogin convert-kubeconfig -l azurecli, then podid mirror --kubeconfig ~/.kube/config';
