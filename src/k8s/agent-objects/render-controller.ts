import { imageText } from '../../domain/kubernetes/agent-image.ts';
import { asksImds, crossesNamespaces } from '../../domain/kubernetes/controller-values.ts';
import { identityApi } from '../../domain/kubernetes/identity-resources.ts';
import type { KubeObject } from '../../domain/kubernetes/kube-object.ts';
import { leasePlace, ledgerPlace, upstreamLockPlace } from '../../domain/standard-mode/controller.ts';
import type { ControllerRendering, Rendering } from './agent-names.ts';
import { renderControllerPod } from './render-controller-pod.ts';
import { renderMonitors } from './render-monitoring.ts';
import { bindingTo, rbac, rule } from './render-roles.ts';

/** podid-mic: its account, rights and what keeps it running, the Deployment last. Nothing in managed mode. */
export function renderController(rendering: Rendering): readonly KubeObject[] {
  const { values, selector, labels } = rendering;
  const { controller } = values;
  if (controller === undefined) {
    return [];
  }
  const component = { 'app.kubernetes.io/component': 'mic' };
  const own: ControllerRendering = {
    ...rendering,
    controller,
    agent: rendering.agent.replace(/-nmi$/, '-mic'),
    selector: { ...selector, ...component },
    labels: { ...labels, ...component },
  };
  return [
    renderAccount(own),
    ...(values.rbac.enabled ? renderRights(own) : []),
    ...renderSecret(own),
    ...renderException(own),
    renderBudget(own),
    ...renderMonitors(own),
    renderDeployment(own),
  ];
}

function inNamespace({ agent, release, labels }: Rendering) {
  return { name: agent, namespace: release.namespace, labels };
}

function renderAccount(rendering: ControllerRendering): KubeObject {
  const { imagePullSecrets } = rendering.values;
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: inNamespace(rendering),
    automountServiceAccountToken: false,
    ...(imagePullSecrets.length > 0 ? { imagePullSecrets } : {}),
  };
}

/** Lease and ledger are in kube-system whatever the release's namespace is: two releases must not both lead. */
function renderRights(rendering: ControllerRendering): KubeObject[] {
  const { agent: name, labels, controller } = rendering;
  const [apiVersion, binding] = [`${rbac}/v1`, bindingTo(rendering)];
  const lock = controller.leaderElection.name || upstreamLockPlace.name;
  const inHome = { name, namespace: leasePlace.namespace, labels };
  const coordination = 'coordination.k8s.io';
  return [
    {
      apiVersion,
      kind: 'ClusterRole',
      metadata: { name, labels },
      rules: [
        rule('', ['pods', 'nodes'], ['list', 'watch']),
        rule(identityApi.group, ['azureidentities', 'azureidentitybindings'], ['list', 'watch']),
        rule(
          identityApi.group,
          ['azureassignedidentities'],
          ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
        ),
        rule('', ['events'], ['get', 'create', 'patch']),
        // The lock of upstream's MIC, for which podid-mic waits.
        { ...rule('', ['endpoints'], ['get']), resourceNames: [lock] },
      ],
    },
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: { name, labels },
      ...binding('ClusterRole', name),
    },
    {
      apiVersion,
      kind: 'Role',
      metadata: inHome,
      rules: [
        { ...rule(coordination, ['leases'], ['get', 'update']), resourceNames: [leasePlace.name] },
        { ...rule('', ['configmaps'], ['get', 'update']), resourceNames: [ledgerPlace.name] },
        // A right to create cannot be bound to a name.
        rule(coordination, ['leases'], ['create']),
        rule('', ['configmaps'], ['create']),
      ],
    },
    { apiVersion, kind: 'RoleBinding', metadata: inHome, ...binding('Role', name) },
  ];
}

/** Mounted as a file, so that a new secret counts without a restart, and shows in no environment. */
function renderSecret(rendering: ControllerRendering): KubeObject[] {
  const { signIn } = rendering.controller;
  if (signIn.kind !== 'secret') {
    return [];
  }
  const text = Buffer.from(JSON.stringify(signIn.azureJson)).toString('base64');
  return [
    { apiVersion: 'v1', kind: 'Secret', metadata: inNamespace(rendering), data: { 'azure.json': text } },
  ];
}

/** The controller's own question to IMDS is for the node, not for the agent. */
function renderException(rendering: ControllerRendering): KubeObject[] {
  const { controller } = rendering;
  if (!controller.installException || !asksImds(controller)) {
    return [];
  }
  return [
    {
      apiVersion: `${identityApi.group}/${identityApi.version}`,
      kind: 'AzurePodIdentityException',
      metadata: inNamespace(rendering),
      spec: { podLabels: { 'app.kubernetes.io/component': 'mic' } },
    },
  ];
}

function renderBudget(rendering: ControllerRendering): KubeObject {
  const { podDisruptionBudget } = rendering.controller;
  const isSet = Object.keys(podDisruptionBudget).length > 0;
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: inNamespace(rendering),
    spec: {
      ...(isSet ? podDisruptionBudget : { maxUnavailable: 1 }),
      selector: { matchLabels: rendering.selector },
    },
  };
}

function renderDeployment(rendering: ControllerRendering): KubeObject {
  const { values, release, selector, controller } = rendering;
  const image = {
    image: imageText(values.podid.image, release.version),
    imagePullPolicy: values.image.imagePullPolicy,
  };
  const annotations = controller.podAnnotations;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: inNamespace(rendering),
    spec: {
      replicas: controller.replicas,
      selector: { matchLabels: selector },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: '50%' } },
      template: {
        metadata: {
          labels: { ...controller.podLabels, ...selector, 'app.kubernetes.io/version': release.version },
          ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
        },
        spec: renderControllerPod(rendering, image, crossesNamespaces(values)),
      },
    },
  };
}
