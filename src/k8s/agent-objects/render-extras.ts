import { agentPorts } from '../../domain/kubernetes/agent-values.ts';
import { bindingLabel } from '../../domain/kubernetes/identity-resources.ts';
import type { KubeObject } from '../../domain/kubernetes/kube-object.ts';
import type { Rendering } from './agent-names.ts';
import { renderAlertsAndDashboard, renderMonitors } from './render-monitoring.ts';

/** What is off unless it is asked for, for those who run Prometheus, egress policies or Cilium. */
export function renderExtras(rendering: Rendering): readonly KubeObject[] {
  const { networkPolicy, ciliumLocalRedirectPolicy } = rendering.values.podid;
  return [
    ...renderMonitors(rendering),
    ...renderAlertsAndDashboard(rendering),
    ...(networkPolicy.enabled ? networkPolicy.namespaces : []).map((namespace) =>
      renderNetworkPolicy(rendering, namespace),
    ),
    ...(ciliumLocalRedirectPolicy.enabled ? [renderRedirectPolicy(rendering)] : []),
  ];
}

/**
 * The address that pods ask, and those to which the redirect leads: the second where the kernel does not
 * route to 127.0.0.1.
 */
function renderNetworkPolicy({ values, agent, labels }: Rendering, namespace: string): KubeObject {
  const to = (cidrs: readonly string[], port: number) => ({
    to: cidrs.map((cidr) => ({ ipBlock: { cidr } })),
    ports: [{ protocol: 'TCP', port }],
  });
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: agent, namespace, labels },
    spec: {
      podSelector: { matchExpressions: [{ key: bindingLabel, operator: 'Exists' }] },
      policyTypes: ['Egress'],
      egress: [
        to(['169.254.169.254/32'], 80),
        to(['127.0.0.1/32', '169.254.79.25/32'], agentPorts(values).pods),
      ],
    },
  };
}

function renderRedirectPolicy({ values, release, agent, labels, selector }: Rendering): KubeObject {
  return {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumLocalRedirectPolicy',
    metadata: { name: agent, namespace: release.namespace, labels },
    spec: {
      redirectFrontend: {
        addressMatcher: { ip: '169.254.169.254', toPorts: [{ port: '80', protocol: 'TCP' }] },
      },
      redirectBackend: {
        localEndpointSelector: { matchLabels: selector },
        toPorts: [{ port: String(agentPorts(values).pods), protocol: 'TCP' }],
      },
    },
  };
}
