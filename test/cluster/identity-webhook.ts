import { createCertificate } from '../../src/emulator/certificate.ts';
import type { BundledPrograms } from '../node/bundled-programs.ts';
import { type Program, startProgram } from '../node/program.ts';
import { clusterPrograms } from './cluster-programs.ts';
import type { OneNode } from './one-node.ts';

/** What `programs/identity-webhook.ts` is started with. */
export interface WebhookOptions {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  readonly port: number;
  readonly kubectl: string;
  readonly kubeconfig: string;
  /** As version 1.6, else as 1.5. */
  readonly isReserved: boolean;
  readonly tenantId: string;
  readonly authorityHost: string;
}

const port = 9443;
const system = { 'azure-workload-identity.io/system': 'true' };

/**
 * Workload Identity's webhook in a cluster of one node, registered as AKS registers it. It answers on the node; the two pods of
 * its Deployment stand for it, as those who ask whether it is ready look at them.
 *
 * @param version 1.5 or 1.6, which mount the token under different names
 */
export async function startIdentityWebhook(
  { cluster, programs }: { readonly cluster: OneNode; readonly programs: BundledPrograms },
  { version, tenantId }: { readonly version: '1.5' | '1.6'; readonly tenantId: string },
): Promise<Program> {
  const { ca, cert, key } = createCertificate(Date.now());
  const options: WebhookOptions = {
    cert,
    key,
    port,
    kubectl: clusterPrograms().path('kubectl'),
    kubeconfig: cluster.kubeconfig,
    isReserved: version === '1.6',
    tenantId,
    authorityHost: 'https://10.1.0.1/',
  };
  const program = startProgram(
    'nsenter',
    [
      ...[`--net=/var/run/netns/${cluster.nodeName}`, 'setpriv', '--pdeathsig=KILL'],
      ...[process.execPath, programs.path('identity-webhook'), JSON.stringify(options)],
    ],
    {},
  );
  await program.line(/the webhook is up/);
  cluster.apply(deployment, configuration(Buffer.from(ca).toString('base64')));
  cluster.kubectl('-n', 'kube-system', 'rollout', 'status', 'deployment/azure-wi-webhook', '--timeout=60s');
  return program;
}

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace: 'kube-system', name: 'azure-wi-webhook', labels: system },
  spec: {
    replicas: 2,
    selector: { matchLabels: system },
    template: {
      metadata: { labels: system },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [
          {
            name: 'manager',
            image: 'docker.io/podid/podid:test',
            imagePullPolicy: 'IfNotPresent',
            command: ['node', '-e', 'setInterval(() => {}, 1e6)'],
          },
        ],
      },
    },
  },
};

function configuration(caBundle: string): object {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'azure-wi-webhook-mutating-webhook-configuration', labels: system },
    webhooks: [
      {
        name: 'mutation.azure-workload-identity.io',
        clientConfig: { url: `https://127.0.0.1:${port}/mutate-v1-pod`, caBundle },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
        objectSelector: { matchLabels: { 'azure.workload.identity/use': 'true' } },
        failurePolicy: 'Fail',
        reinvocationPolicy: 'IfNeeded',
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
      },
    ],
  };
}
