import { type ControllerRendering, serverUser } from './agent-names.ts';
import { unlessEmpty } from './render-daemon-set.ts';
import { type ContainerImage, leastPrivilege } from './render-rules-containers.ts';
import { fromField, tokenMount } from './render-server.ts';
import { extraCaOf, tokenVolume } from './render-volumes.ts';

const azureFolder = '/etc/podid/azure';
const azureFile = `${azureFolder}/azure.json`;
const cloudFile = '/etc/podid/cloud/cloud.json';
const tokenFolder = '/var/run/secrets/azure/tokens';

/** @param crosses bindings of other namespaces count */
export function renderControllerPod(
  rendering: ControllerRendering,
  image: ContainerImage,
  crosses: boolean,
): object {
  const { agent, values, controller, selector } = rendering;
  const { imagePullSecrets } = values;
  const { nodeSelector, affinity, tolerations, topologySpreadConstraints } = controller;
  const spread = {
    maxSkew: 1,
    topologyKey: 'kubernetes.io/hostname',
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: selector },
  };
  return {
    serviceAccountName: agent,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    priorityClassName: controller.priorityClassName || 'system-cluster-critical',
    terminationGracePeriodSeconds: 15,
    securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
    ...unlessEmpty({ imagePullSecrets, nodeSelector, affinity, tolerations }),
    topologySpreadConstraints: topologySpreadConstraints.length > 0 ? topologySpreadConstraints : [spread],
    containers: [renderContainer(rendering, image, crosses)],
    volumes: renderVolumes(rendering),
  };
}

function renderContainer(rendering: ControllerRendering, image: ContainerImage, crosses: boolean): object {
  const { controller } = rendering;
  const { probes, metrics } = portsOf(rendering);
  const probe = (path: string) => ({ httpGet: { path, port: 'probes' } });
  const port = (name: string, containerPort: number) => ({ name, containerPort, protocol: 'TCP' });
  // Files of the node are root's alone on AKS.
  const readsNode = controller.signIn.kind === 'file' || controller.customCloudFile !== undefined;
  const user = readsNode ? 0 : serverUser;
  return {
    name: 'mic',
    ...image,
    command: ['podid-mic'],
    args: controllerArgs(rendering, crosses),
    env: controllerEnvironment(rendering),
    ports: [port('probes', probes), port('metrics', metrics)],
    securityContext: {
      runAsNonRoot: !readsNode,
      runAsUser: user,
      runAsGroup: user,
      capabilities: { drop: ['ALL'] },
      ...leastPrivilege,
    },
    resources: controller.resources,
    startupProbe: { ...probe('/healthz'), periodSeconds: 1, timeoutSeconds: 3, failureThreshold: 60 },
    livenessProbe: { ...probe('/healthz'), periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
    readinessProbe: { ...probe('/readyz'), periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 2 },
    volumeMounts: renderMounts(rendering),
  };
}

function portsOf({ controller }: ControllerRendering) {
  return { probes: controller.probePort ?? 8080, metrics: controller.prometheusPort ?? 8888 };
}

function controllerArgs(rendering: ControllerRendering, crosses: boolean): string[] {
  const { controller, values } = rendering;
  const { leaderElection: leader, signIn } = controller;
  const { probes, metrics } = portsOf(rendering);
  const unlessUnset = (flag: string, value: string | number | undefined) =>
    value === undefined || value === '' ? [] : [`--${flag}=${value}`];
  return [
    ...(signIn.kind === 'federated' ? [] : [`--cloudconfig=${azureFile}`]),
    `--forceNamespaced=${!crosses}`,
    `--http-probe-port=${probes}`,
    `--prometheus-port=${metrics}`,
    ...unlessUnset('leader-election-instance', leader.instance),
    ...unlessUnset('leader-election-namespace', leader.namespace),
    ...unlessUnset('leader-election-name', leader.name),
    ...unlessUnset('leader-election-duration', leader.duration),
    ...unlessUnset('immutable-user-msis', controller.immutableUserMSIs.join(',')),
    ...unlessUnset('createDeleteBatch', controller.createDeleteBatch || undefined),
    ...unlessUnset('clientQps', controller.clientQps),
    ...unlessUnset('identity-assignment-reconcile-interval', controller.identityAssignmentReconcileInterval),
    ...unlessUnset('removal-delay', controller.removalDelay),
    ...unlessUnset('node-resource-groups', controller.nodeResourceGroups.join(',')),
    ...unlessUnset('custom-user-agent', values.customUserAgent),
    ...unlessUnset('log-format', controller.loggingFormat),
    ...(controller.logVerbosity === 0 ? [] : [`-v=${controller.logVerbosity}`]),
    ...controller.args,
  ];
}

function controllerEnvironment({ controller, values }: ControllerRendering): object[] {
  const { signIn, customCloudFile } = controller;
  const set = (name: string, value: string) => ({ name, value });
  return [
    fromField('MIC_POD_NAMESPACE', 'metadata.namespace'),
    ...(signIn.kind === 'federated'
      ? [
          set('AZURE_CLIENT_ID', signIn.clientId),
          set('AZURE_TENANT_ID', signIn.tenantId),
          set('AZURE_FEDERATED_TOKEN_FILE', `${tokenFolder}/azure-identity-token`),
          ...(signIn.cloud === '' ? [] : [set('CLOUD', signIn.cloud)]),
        ]
      : []),
    ...(customCloudFile === undefined ? [] : [set('AZURE_ENVIRONMENT_FILEPATH', cloudFile)]),
    ...extraCaOf(values.podid).variables,
  ];
}

const mountPathOf = { federated: tokenFolder, secret: azureFolder, file: azureFile } as const;

function renderMounts({ controller, values }: ControllerRendering): object[] {
  const { signIn, customCloudFile } = controller;
  const mount = (name: string, mountPath: string) => ({ name, mountPath, readOnly: true });
  return [
    tokenMount,
    mount(signIn.kind === 'federated' ? 'azure-token' : 'azure-json', mountPathOf[signIn.kind]),
    ...(customCloudFile === undefined ? [] : [mount('custom-cloud', cloudFile)]),
    ...extraCaOf(values.podid).mounts,
  ];
}

function renderVolumes(rendering: ControllerRendering): object[] {
  const { customCloudFile } = rendering.controller;
  const ofNode = (path: string) => ({ hostPath: { path, type: 'File' } });
  return [
    tokenVolume,
    signInVolume(rendering, ofNode),
    ...(customCloudFile === undefined ? [] : [{ name: 'custom-cloud', ...ofNode(customCloudFile) }]),
    ...extraCaOf(rendering.values.podid).volumes,
  ];
}

function signInVolume(
  { agent, controller: { signIn } }: ControllerRendering,
  ofNode: (path: string) => object,
): object {
  if (signIn.kind === 'federated') {
    const serviceAccountToken = {
      path: 'azure-identity-token',
      audience: 'api://AzureADTokenExchange',
      expirationSeconds: 3600,
    };
    return { name: 'azure-token', projected: { sources: [{ serviceAccountToken }] } };
  }
  const source = signIn.kind === 'secret' ? { secret: { secretName: agent } } : ofNode(signIn.path);
  return { name: 'azure-json', ...source };
}
