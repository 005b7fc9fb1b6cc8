import { readFileSync } from 'node:fs';
import type { KubeObject } from '../../domain/kubernetes/kube-object.ts';
import { manifestDocuments } from '../../validate/files/manifest-objects.ts';
import type { Rendering } from './agent-names.ts';

/** Put in place by the bundler: the files of deploy/chart/observe by their names. */
declare const PODID_OBSERVE: Readonly<Record<string, string>> | undefined;

const monitoring = 'monitoring.coreos.com/v1';

/** What has a Prometheus operator read the metrics of the agent, or of the controller. */
export function renderMonitors({
  values,
  release,
  agent,
  labels,
  selector,
}: Rendering): readonly KubeObject[] {
  const { podMonitor, serviceMonitor } = values.podid;
  const { namespace } = release;
  const objects: KubeObject[] = [];
  const metadata = (own: Readonly<Record<string, string>>) => ({
    name: agent,
    namespace,
    labels: { ...own, ...labels },
  });
  const endpoints = ({ interval }: { readonly interval: string }) => [
    { port: 'metrics', path: '/metrics', ...(interval === '' ? {} : { interval }) },
  ];
  if (podMonitor.enabled) {
    objects.push({
      apiVersion: monitoring,
      kind: 'PodMonitor',
      metadata: metadata(podMonitor.labels),
      spec: { selector: { matchLabels: selector }, podMetricsEndpoints: endpoints(podMonitor) },
    });
  }
  if (serviceMonitor.enabled) {
    objects.push(
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: `${agent}-metrics`, namespace, labels },
        spec: {
          clusterIP: 'None',
          // An agent that is not ready is read, too: its numbers say why.
          publishNotReadyAddresses: true,
          selector,
          ports: [{ name: 'metrics', port: 9090, targetPort: 'metrics' }],
        },
      },
      {
        apiVersion: monitoring,
        kind: 'ServiceMonitor',
        metadata: metadata(serviceMonitor.labels),
        spec: { selector: { matchLabels: selector }, endpoints: endpoints(serviceMonitor) },
      },
    );
  }
  return objects;
}

/** Alerts and a dashboard, the same for every installation: those of deploy/chart/observe. */
export function renderAlertsAndDashboard({
  values,
  release,
  agent,
  labels,
}: Rendering): readonly KubeObject[] {
  const { prometheusRule, dashboard } = values.podid;
  const { namespace } = release;
  const objects: KubeObject[] = [];
  if (prometheusRule.enabled) {
    const files = [
      'agent-alerts.yaml',
      ...(values.controller === undefined ? [] : ['controller-alerts.yaml']),
    ];
    const groups = files.map((name) => observeFile(name)).join('');
    const rule = `apiVersion: ${monitoring}\nkind: PrometheusRule\nmetadata: {name: ${agent}}\nspec:\n  groups:\n`;
    const metadata = { name: agent, namespace, labels: { ...prometheusRule.labels, ...labels } };
    const documents = manifestDocuments(rule + groups.replaceAll(/^(?=.)/gm, '  '));
    objects.push(...documents.map((document) => ({ ...document, metadata })));
  }
  if (dashboard.enabled) {
    objects.push({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `${agent}-dashboard`, namespace, labels: { ...dashboard.labels, ...labels } },
      data: { 'podid.json': observeFile('dashboard.json').trimEnd() },
    });
  }
  return objects;
}

function observeFile(name: string): string {
  return typeof PODID_OBSERVE === 'object'
    ? (PODID_OBSERVE[name] ?? '')
    : // Sources run as they are, in tests, find the files beside them.
      readFileSync(new URL(`../../../deploy/chart/observe/${name}`, import.meta.url), 'utf8');
}
