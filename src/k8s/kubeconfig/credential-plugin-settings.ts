import type { CredentialPlugin } from '../../validate/files/kubeconfig.ts';

/**
 * What a credential plugin finds in its environment: podid's own, the kubeconfig's additions, and what
 * kubectl gives plugins.
 */
export function pluginEnvironment(plugin: CredentialPlugin): Readonly<Record<string, string | undefined>> {
  const info = {
    apiVersion: plugin.apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: process.stdin.isTTY === true },
  };
  const added = Object.fromEntries(plugin.env.map(({ name, value }) => [name, value]));
  return { ...process.env, ...added, KUBERNETES_EXEC_INFO: JSON.stringify(info) };
}
