import { bindingLabel } from './identity-resources.ts';
import type { PodIdentity } from './pod-identity.ts';

/** Of ARM itself, in each cloud: what any identity can get a token for. */
const armResources: Readonly<Record<string, string>> = {
  AzureUSGovernment: 'https://management.usgovcloudapi.net/',
  AzureChinaCloud: 'https://management.chinacloudapi.cn/',
};

const image = 'mcr.microsoft.com/azure-cli:2.77.0';

/**
 * A pod that asks for a token as an SDK does, and whose log tells the status alone, never the token: `HTTP 200`.
 *
 * @param cloud as `--cloud` takes it; undefined: the public one
 */
export function podToTry({ namespace, name, bindingSelector }: PodIdentity, cloud: string | undefined) {
  const resource = armResources[cloud ?? ''] ?? 'https://management.azure.com/';
  const url = `http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=${encodeURIComponent(resource)}`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: tryName(name), namespace, labels: { [bindingLabel]: bindingSelector } },
    spec: {
      restartPolicy: 'Never',
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      containers: [
        {
          name: 'ask',
          image,
          command: ['curl'],
          // A pod in its first minute may be told to come again, which curl does.
          args: [
            '-sS',
            '--retry',
            '10',
            '-H',
            'Metadata: true',
            '-o',
            '/dev/null',
            '-w',
            'HTTP %{http_code}\n',
            url,
          ],
        },
      ],
    },
  };
}

/** A pod's name is a DNS name, and 63 characters are what its host name can show. */
function tryName(name: string): string {
  return `try-${name}`.slice(0, 63).replace(/[.-]+$/, '');
}
