import type { Agent } from 'node:http';
import { type RequestOptions, Agent as TlsAgent } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import type { EntraSignIn, FetchEntraToken } from '../../domain/azure/entra-sign-in.ts';
import { isLoopbackHost } from '../../domain/azure/loopback-host.ts';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { azureProviderSignIn, kubeloginSignIn } from '../../validate/files/kubelogin.ts';
import type { ClusterAccess } from '../client/kube-rest.ts';
import type { ChosenContext } from './choose-context.ts';
import { pluginEnvironment } from './credential-plugin-settings.ts';
import { runCredentialPlugin } from './run-credential-plugin.ts';

/**
 * Signs in once: to Entra where the kubeconfig says so in kubelogin's words, else by the user's credential
 * plugin if there is one; and lets client-node turn the rest into headers and TLS options.
 *
 * @throws PodidError ClusterUnreachable | InvalidKubeconfig, what `entraToken` throws, and the signal's
 * reason
 */
export async function accessCluster(
  chosen: ChosenContext,
  entraToken: FetchEntraToken | undefined,
  signal: AbortSignal,
): Promise<ClusterAccess> {
  const { headers, agent } = await requestOptions(await withCredential(chosen, entraToken, signal));
  return { server: chosen.cluster.server, headers, ...(agent ? { agent } : {}) };
}

async function withCredential(
  chosen: ChosenContext,
  entraToken: FetchEntraToken | undefined,
  signal: AbortSignal,
): Promise<ChosenContext> {
  const { plugin, ...user } = chosen.user;
  // As in kubectl: a token or certificate of the user's own goes before the plugin.
  if (user.token || user.certData) {
    return { ...chosen, user };
  }
  const entra = chosen.entra ?? ownSignIn(chosen);
  if (entra !== undefined && entraToken !== undefined) {
    refusePlainHttp(chosen);
    const { authProvider: _, ...others } = user;
    return { ...chosen, user: { ...others, token: await entraToken(entra, signal) } };
  }
  if (plugin === undefined) {
    return { ...chosen, user };
  }
  const { token, certificate, key } = await runCredentialPlugin(plugin, signal);
  const pair = certificate && key ? { certData: toBase64(certificate), keyData: toBase64(key) } : {};
  return { ...chosen, user: { ...user, ...(token ? { token } : {}), ...pair } };
}

/** Of the user's own choice a server on this machine, such as a proxy of kubectl's, needs no TLS. */
function refusePlainHttp({ name, cluster: { server } }: ChosenContext): void {
  const url = new URL(server);
  if (url.protocol !== 'https:' && !isLoopbackHost(url.hostname)) {
    const message = `The server of context ${JSON.stringify(name)} of the kubeconfig is ${url.origin}, and podid sends an Entra token over https only.`;
    throw new PodidError('InvalidKubeconfig', message, {
      hint: advice`Give the cluster an https server in the file, or name another with --kubeconfig.`,
    });
  }
}

/** kubelogin need not be installed: its entry says what to ask Entra for. */
function ownSignIn({ user: { plugin, authProvider } }: ChosenContext): EntraSignIn | undefined {
  if (plugin !== undefined) {
    return kubeloginSignIn(plugin, pluginEnvironment(plugin));
  }
  return authProvider?.name === 'azure' ? azureProviderSignIn(authProvider.config) : undefined;
}

function toBase64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

async function requestOptions(chosen: ChosenContext) {
  const options: RequestOptions = {};
  try {
    await kubeConfigOf(chosen).applyToHTTPSOptions(options);
  } catch {
    // The library's own words may quote the kubeconfig.
    const message = `The credentials of context ${JSON.stringify(chosen.name)} of the kubeconfig cannot be used.`;
    throw new PodidError('InvalidKubeconfig', message, { hint: advice`kubectl auth whoami` });
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    headers[name] = String(value);
  }
  if (options.auth) {
    headers['Authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  }
  const agent = typeof options.agent === 'object' ? keptAlive(options.agent) : undefined;
  return { headers, agent };
}

/**
 * One connection serves many requests, and none is kept idle for as long as load balancers take to forget it.
 * A proxy's agent keeps to its own ways.
 */
function keptAlive(agent: Agent): Agent {
  const isPlain = agent instanceof TlsAgent && Object.getPrototypeOf(agent) === TlsAgent.prototype;
  return isPlain ? new TlsAgent({ ...agent.options, keepAlive: true, timeout: 10_000 }) : agent;
}

function kubeConfigOf({ name, cluster, user }: ChosenContext): KubeConfig {
  const config = new KubeConfig();
  const { authProvider, impersonate, tokenFile: _read, ...credentials } = user;
  config.loadFromOptions({
    clusters: [
      {
        name: 'cluster',
        server: cluster.server,
        caData: cluster.caData,
        // On loopback, where alone plain http is allowed, there is no TLS to verify.
        skipTLSVerify: cluster.skipTlsVerify || cluster.server.startsWith('http:'),
        tlsServerName: cluster.tlsServerName,
        proxyUrl: cluster.proxyUrl,
      },
    ],
    users: [{ ...credentials, name: 'user', authProvider, impersonateUser: impersonate }],
    contexts: [{ name, cluster: 'cluster', user: 'user' }],
    currentContext: name,
  });
  return config;
}
