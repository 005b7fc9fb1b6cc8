import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { ChosenContext } from './choose-context.ts';

/** Where a pod finds the API server: `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`. */
export interface InPod {
  readonly host: string;
  readonly port: string;
}

/** The kubelet mounts a service account here (Kubernetes, "Accessing the Kubernetes API from a Pod"). */
const serviceAccountDir = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The pod's own service account, as the kubelet mounts it. An empty authority would leave it to the system's whom to
 * trust, and an empty token would ask as nobody, so neither is taken. Its token is as good as it was just now for the
 * hour that a command takes at most; a daemon reads the file again.
 *
 * @throws PodidError InvalidKubeconfig
 */
export async function serviceAccountContext(
  { host, port }: InPod,
  accountDir = serviceAccountDir,
): Promise<ChosenContext> {
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  if (host === '' || !URL.canParse(server)) {
    const found = host === '' ? 'is not set' : `and KUBERNETES_SERVICE_PORT make no address: ${server}`;
    throw new PodidError('InvalidKubeconfig', `KUBERNETES_SERVICE_HOST ${found}.`, {
      hint: advice`Kubernetes sets KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT in every pod. Elsewhere pass --kubeconfig.`,
    });
  }
  const tokenFile = join(accountDir, 'token');
  const [token, ca] = await Promise.all([
    readFile(tokenFile, 'utf8'),
    readFile(join(accountDir, 'ca.crt'), 'utf8'),
  ]).catch((cause: unknown) => {
    throw unusable(`The service account in ${accountDir} cannot be read.`, cause);
  });
  const empty = [['token', token] as const, ['ca.crt', ca] as const].find(([, text]) => text.trim() === '');
  if (empty !== undefined) {
    throw unusable(`The ${empty[0]} of the service account in ${accountDir} is empty.`);
  }
  const name = 'service account';
  return {
    name,
    cluster: { name, server, caData: Buffer.from(ca).toString('base64'), skipTlsVerify: false },
    user: { name, token: token.trim(), tokenFile },
  };
}

function unusable(message: string, cause?: unknown): PodidError {
  return new PodidError('InvalidKubeconfig', message, {
    hint: advice`Mount a service account token, or pass --kubeconfig.`,
    cause,
  });
}
