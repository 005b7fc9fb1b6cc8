import { type AgentOptions, type RequestOptions, Agent as TlsAgent } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import type { EntraSignIn, FetchEntraToken } from '../../domain/azure/entra-sign-in.ts';
import { isLoopbackHost } from '../../domain/azure/loopback-host.ts';
import { advice, command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { Network } from '../../network/network.ts';
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
  network: Network,
  signal: AbortSignal,
): Promise<ClusterAccess> {
  const { server, proxyUrl } = chosen.cluster;
  const { headers, tls } = await requestOptions(await withCredential(chosen, entraToken, signal));
  const way = { tls, proxyUrl: proxyUrl || undefined };
  const agent = await network.agentFor(server, way);
  return {
    server,
    headers,
    ...(agent ? { agent } : {}),
    explain: (error) => network.explain(error, server, way),
  };
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
    throw new PodidError('InvalidKubeconfig', message, { hint: command('kubectl auth whoami') });
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    headers[name] = String(value);
  }
  if (options.auth) {
    headers['Authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  }
  return { headers, tls: options.agent instanceof TlsAgent ? tlsOf(options.agent.options) : {} };
}

const tlsMembers = ['ca', 'cert', 'key', 'pfx', 'passphrase', 'rejectUnauthorized', 'servername'] as const;

function tlsOf(options: AgentOptions): ConnectionOptions {
  const given = tlsMembers.filter((member) => options[member] !== undefined);
  return Object.fromEntries(given.map((member) => [member, options[member]]));
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
      },
    ],
    users: [{ ...credentials, name: 'user', authProvider, impersonateUser: impersonate }],
    contexts: [{ name, cluster: 'cluster', user: 'user' }],
    currentContext: name,
  });
  return config;
}
