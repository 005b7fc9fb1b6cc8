import type { PodIdentity } from '../entries/pod-identity.ts';
import { placeholderRepository } from './agent-image.ts';
import { bindingLabel } from './identity-resources.ts';

/** As whom the image's programs run that need no right on the node. */
const imageUser = 10001;

export interface TryOptions {
  /** As `--cloud` takes it; undefined: the public one. */
  readonly cloud: string | undefined;
  /** Of podid. */
  readonly version: string;
  /** podid's, with its tag or digest; undefined: nobody has named one, and a name that none can have stands there. */
  readonly image: string | undefined;
}

/**
 * A pod that asks for a token as an SDK does, every ten seconds, and whose log says whose it got and what it
 * opened, or why it got none.
 */
export function podToTry(
  { namespace, name, bindingSelector }: PodIdentity,
  { cloud, version, image }: TryOptions,
) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: tryName(name), namespace, labels: { [bindingLabel]: bindingSelector } },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      // As the restricted Pod Security Standard asks, so that it runs in every namespace.
      securityContext: {
        runAsNonRoot: true,
        runAsUser: imageUser,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: 'ask',
          image: image ?? `${placeholderRepository}:${version}`,
          command: ['podid', 'token', '--every', '10s', '--get', subscriptionsUrl(cloud)],
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
    },
  };
}

/** Azure Resource Manager answers it to every identity: with the subscriptions in which that has a role. */
function subscriptionsUrl(cloud: string | undefined): string {
  const host = armHosts[cloud ?? ''] ?? 'management.azure.com';
  return `https://${host}/subscriptions?api-version=2022-12-01`;
}

const armHosts: Readonly<Record<string, string>> = {
  AzureUSGovernment: 'management.usgovcloudapi.net',
  AzureChinaCloud: 'management.chinacloudapi.cn',
};

/** A pod's name is a DNS name, and 63 characters are what its host name can show. */
function tryName(name: string): string {
  return `try-${name}`.slice(0, 63).replace(/[.-]+$/, '');
}
