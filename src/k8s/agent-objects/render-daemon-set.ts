import { imageText } from '../../domain/kubernetes/agent-image.ts';
import {
  agentTolerations,
  putByAnnotation,
  putByTakeover,
  valuesAnnotation,
} from '../../domain/kubernetes/agent-values.ts';
import type { KubeObject } from '../../domain/kubernetes/kube-object.ts';
import type { Rendering } from './agent-names.ts';
import { renderBootGuard, renderRulesKeeper, renderRulesOnce } from './render-rules-containers.ts';
import { renderServer } from './render-server.ts';
import { renderVolumes } from './render-volumes.ts';

/**
 * Rules first and once, then who keeps them and who serves; the one who serves has no privilege, and alone a
 * token.
 */
export function renderDaemonSet(rendering: Rendering): KubeObject {
  const { values, release, agent, labels, selector } = rendering;
  const { podAnnotations, updateStrategy } = values.nmi;
  const annotations = {
    ...(values.given === undefined ? {} : { [valuesAnnotation]: JSON.stringify(values.given) }),
    ...(release.ofTakeover === true ? { [putByAnnotation]: putByTakeover } : {}),
  };
  const version = { 'app.kubernetes.io/version': release.version };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: {
      name: agent,
      namespace: release.namespace,
      labels,
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
    spec: {
      selector: { matchLabels: selector },
      updateStrategy,
      template: {
        metadata: {
          labels: { ...values.nmi.podLabels, ...selector, ...version },
          annotations: { 'kubectl.kubernetes.io/default-container': 'serve', ...podAnnotations },
        },
        spec: renderPod(rendering),
      },
    },
  };
}

function renderPod(rendering: Rendering): object {
  const { values, release, agent } = rendering;
  const { nodeSelector, affinity, priorityClassName } = values.nmi;
  const tolerations = agentTolerations(values);
  const { imagePullSecrets } = values;
  // With Cilium's own redirect there are no rules to keep.
  const keepsRules = !values.podid.ciliumLocalRedirectPolicy.enabled;
  const image = {
    image: imageText(values.podid.image, release.version),
    imagePullPolicy: values.image.imagePullPolicy,
  };
  const guard = values.podid.bootGuard.enabled ? [renderBootGuard(rendering, image)] : [];
  return {
    serviceAccountName: agent,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    hostNetwork: true,
    dnsPolicy: 'ClusterFirstWithHostNet',
    priorityClassName: priorityClassName || 'system-node-critical',
    terminationGracePeriodSeconds: 15,
    securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
    ...unlessEmpty({ imagePullSecrets, nodeSelector, affinity, tolerations }),
    ...(keepsRules ? { initContainers: [renderRulesOnce(rendering, image), ...guard] } : {}),
    containers: [
      ...(keepsRules ? [renderRulesKeeper(rendering, image)] : []),
      renderServer(rendering, image, keepsRules),
    ],
    volumes: renderVolumes(rendering, keepsRules),
  };
}

export function unlessEmpty(members: Readonly<Record<string, object>>): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => Object.keys(value).length > 0));
}
