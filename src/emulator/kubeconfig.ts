export interface KubeconfigFacts {
  readonly server: string;
  readonly token: string;
  /** PEM of the authority that signed the server's certificate. */
  readonly ca: string;
}

/** Of AKS's application for API servers, which every cluster with managed Entra integration has in common. */
export const aksServerApplication = '6dae42f8-4368-4678-94ff-3960e28e3630';

/** Of the client application that people sign in with. */
const aksClientApplication = '80faf920-1908-4b52-b5ef-a8e7bedfc67a';

/** The same for a cluster that signs in through Entra: kubelogin fetches the token, as AKS writes it. */
export function writeEntraKubeconfig({
  server,
  ca,
  tenantId,
}: Omit<KubeconfigFacts, 'token'> & { tenantId: string }): string {
  const args = [
    ...['get-token', '--environment', 'AzurePublicCloud', '--server-id', aksServerApplication],
    ...['--client-id', aksClientApplication, '--tenant-id', tenantId, '--login', 'devicecode'],
  ];
  const exec = `exec:
        apiVersion: client.authentication.k8s.io/v1beta1
        command: kubelogin
        args: ${JSON.stringify(args)}
        env: null
        provideClusterInfo: false`;
  return kubeconfigText({ server, ca, user: exec });
}

/** A kubeconfig in YAML, with one cluster, one user and one context, all named `demo`. */
export function writeKubeconfig({ server, token, ca }: KubeconfigFacts): string {
  return kubeconfigText({ server, ca, user: `token: ${JSON.stringify(token)}` });
}

function kubeconfigText({ server, ca, user }: { server: string; ca: string; user: string }): string {
  return `apiVersion: v1
kind: Config
current-context: demo
clusters:
  - name: demo
    cluster:
      server: ${server}
      certificate-authority-data: ${Buffer.from(ca).toString('base64')}
users:
  - name: demo
    user:
      ${user}
contexts:
  - name: demo
    context:
      cluster: demo
      user: demo
`;
}
