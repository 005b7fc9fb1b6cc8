import { aksServerId } from '../../domain/azure/entra-sign-in.ts';
import { advice, command } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import { type KubeconfigUser, parseKubeconfig } from '../../validate/files/kubeconfig.ts';
import { azureProviderSignIn, kubeloginSignIn } from '../../validate/files/kubelogin.ts';
import { type ChosenContext, chooseEntries, readEntries } from './choose-context.ts';

/**
 * One context of the kubeconfig that ARM handed out. It comes over the network, so nothing in it is run and
 * no file that it names is opened: what counts is the token or the certificate that it carries, or that the
 * cluster wants a token of Entra's for AKS.
 *
 * @throws PodidError ClusterUnreachable (no usable credential in it) | InvalidKubeconfig (an unknown
 * `--context`)
 */
export function armContext(text: string, context: string | undefined): ChosenContext {
  const chosen = choose(text, context);
  const { plugin, authProvider, tokenFile: _token, certFile: _cert, keyFile: _key, ...user } = chosen.user;
  const { caFile: _ca, ...cluster } = chosen.cluster;
  if (hasCredential(user)) {
    return { ...chosen, cluster, user };
  }
  // Without the variables of this process: what Azure names decides alone.
  const entra =
    (plugin && kubeloginSignIn(plugin, {})) ?? (authProvider && azureProviderSignIn(authProvider.config));
  if (entra?.serverId !== aksServerId) {
    throw withoutCredential(plugin !== undefined || authProvider !== undefined);
  }
  // The caller's token is good for every AKS cluster: whoever takes it must have proved who it is. AKS always
  // writes an authority.
  if (cluster.skipTlsVerify && cluster.server.startsWith('https:')) {
    throw unverified();
  }
  // Nor does it choose a way past the names that the token may go to, or a principal: a file or a secret that
  // it names is none of the user's.
  const { proxyUrl: _proxy, tlsServerName: _name, ...direct } = cluster;
  return { ...chosen, cluster: direct, user, entra: { ...entra, as: { kind: 'caller' } } };
}

const source = 'that Azure gave for the cluster';

function choose(text: string, context: string | undefined): ChosenContext {
  const config = orUnreachable(() => parseKubeconfig(text, source));
  const entries = chooseEntries(config, context, source);
  return orUnreachable(() => readEntries(entries));
}

function orUnreachable<Value>(read: () => Value): Value {
  try {
    return read();
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
    ? 'The cluster accepts Entra sign-ins only, and podid does not run a sign-in plugin that Azure names.'
    : 'The kubeconfig that Azure gave for the cluster holds no credential.';
  return new PodidError('ClusterUnreachable', why, { hint: ownKubeconfigHint });
}

function unverified(): PodidError {
  const why =
    "The kubeconfig that Azure gave for the cluster turns off the verification of the API server's certificate, and podid sends no Entra token to an unverified server.";
  return new PodidError('ClusterUnreachable', why, { hint: ownKubeconfigHint });
}

const ownKubeconfigHint = advice`az aks get-credentials -g GROUP -n CLUSTER -f cluster.yaml && kubelogin convert-kubeconfig -l azurecli --kubeconfig cluster.yaml, then ${command('podid mirror --kubeconfig cluster.yaml')}; or through Azure: ${command('podid mirror --via run-command')}`;
