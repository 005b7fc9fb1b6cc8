export interface KubeconfigFacts {
  readonly server: string;
  readonly token: string;
  /** PEM; absent on plain http, where nothing is verified. */
  readonly ca?: string;
}

/** A kubeconfig in YAML, with one cluster, one user and one context, all named `demo`. */
export function writeKubeconfig({ server, token, ca }: KubeconfigFacts): string {
  const trust =
    ca === undefined
      ? 'insecure-skip-tls-verify: true'
      : `certificate-authority-data: ${Buffer.from(ca).toString('base64')}`;
  return `apiVersion: v1
kind: Config
current-context: demo
clusters:
  - name: demo
    cluster:
      server: ${server}
      ${trust}
users:
  - name: demo
    user:
      token: ${token}
contexts:
  - name: demo
    context:
      cluster: demo
      user: demo
`;
}
