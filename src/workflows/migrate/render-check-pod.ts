import type { EntryKey } from '../../domain/entries/pod-identity.ts';
import { bindingLabel } from '../../domain/kubernetes/identity-resources.ts';
import type { KubeObject } from '../../domain/kubernetes/kube-object.ts';
import type { PlannedWorkload } from '../../domain/migrate/planned-workload.ts';
import { exchangeAudience, useLabel } from '../../domain/migrate/workload-identity-words.ts';
import { type ProbeImage, renderProbePod } from '../agent/probes/probe-pod.ts';
import { type ExchangeOrder, exchangeScript, orderVariable } from './exchange-script.ts';

const tokenFolder = '/var/run/secrets/podid';

/** By these controllers know their pods, and the webhook and the agents theirs. */
const ofControllers = new Set([
  useLabel,
  bindingLabel,
  'pod-template-hash',
  'rollouts-pod-template-hash',
  'controller-revision-hash',
  'pod-template-generation',
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
  'controller-uid',
  'batch.kubernetes.io/controller-uid',
  'batch.kubernetes.io/job-name',
  'batch.kubernetes.io/job-completion-index',
  'job-name',
]);

/** They take any pod with their labels for their own, unless another controller owns it. */
const adopters: readonly string[] = ['DaemonSet', 'ReplicaSet', 'ReplicationController', 'DeploymentConfig'];

export interface CheckPod {
  readonly name: string;
  readonly workload: PlannedWorkload;
  readonly account: EntryKey & { readonly uid?: string };
  readonly image: ProbeImage;
  readonly order: Omit<ExchangeOrder, 'token' | 'end'>;
  readonly lifeSec: number;
}

/**
 * As the workload's pods are for the network: its namespace, account, labels, nodes, name service and proxies. Never
 * ready, so that no Service sends it anything, and gone with its account.
 */
export function renderCheckPod({ name, workload, account, image, order, lifeSec }: CheckPod): KubeObject {
  const { labels = {}, hostNetwork = false, network } = workload.template ?? {};
  const kept = Object.entries(labels).filter(([key]) => !ofControllers.has(key));
  const { uid } = account;
  const owner = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    name: account.name,
    uid,
    ...(adopters.includes(workload.kind) ? { controller: true } : {}),
  };
  const written: ExchangeOrder = { ...order, token: `${tokenFolder}/token`, end: '/dev/termination-log' };
  return renderProbePod(image, {
    name,
    namespace: account.namespace,
    labels: { ...Object.fromEntries(kept), 'podid.io/migrate-check': 'true' },
    ...(uid === undefined ? {} : { ownerReferences: [owner] }),
    script: exchangeScript,
    lifeSec,
    spec: {
      // In place of the usual ones: it goes where the workload's pods may go.
      tolerations: [],
      ...network?.spec,
      ...(hostNetwork ? { hostNetwork } : {}),
      serviceAccountName: account.name,
      terminationGracePeriodSeconds: 1,
      readinessGates: [{ conditionType: 'podid.io/never-ready' }],
      volumes: [
        {
          name: 'token',
          projected: {
            sources: [
              { serviceAccountToken: { path: 'token', audience: exchangeAudience, expirationSeconds: 600 } },
            ],
          },
        },
      ],
    },
    container: {
      env: [...(network?.proxies ?? []), { name: orderVariable, value: JSON.stringify(written) }],
      volumeMounts: [{ name: 'token', mountPath: tokenFolder, readOnly: true }],
    },
  });
}
