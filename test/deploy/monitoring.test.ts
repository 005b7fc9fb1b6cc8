import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { golden } from './renders.ts';

const sources = ['src/nmi/observe', 'src/mic/observe', 'src/runtime']
  .flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`))
  .filter((path) => path.endsWith('.ts'))
  .map((path) => readFileSync(path, 'utf8'))
  .join('\n');

/** Without what Prometheus itself adds to a histogram. */
const metricsIn = (text: string) => [
  ...new Set(
    [...text.matchAll(/\b(?:podid_(?:nmi|mic)|aadpodidentity|process)_[a-z_]+/g)].map(([name]) =>
      name.replace(/(_seconds)_(?:bucket|count|sum)$/, '$1'),
    ),
  ),
];
const objects = golden('standard-monitored');
const dashboard = JSON.parse(readFileSync('deploy/chart/observe/dashboard.json', 'utf8'));

describe('what watches the agents', () => {
  it.each(readdirSync('deploy/chart/observe'))('names only metrics that there are: %s', (name) => {
    const named = metricsIn(readFileSync(`deploy/chart/observe/${name}`, 'utf8'));
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((metric) => !sources.includes(`'${metric}'`))).toEqual([]);
  });

  it('has a page that names each alert with its severity', () => {
    const [rule] = objects.filter(({ kind }) => kind === 'PrometheusRule');
    const alerts = rule?.spec.groups.flatMap((group: { rules: object[] }) => group.rules);
    const rows = [
      ...readFileSync('docs/monitoring.md', 'utf8').matchAll(/^\| `(Podid\w+)` \| .* \| (\w+) \|$/gm),
    ];
    expect(rows.map(([, alert, severity]) => ({ alert, severity }))).toEqual(
      alerts.map(({ alert, labels }: { alert: string; labels: { severity: string } }) => ({
        alert,
        severity: labels.severity,
      })),
    );
  });

  it('is a dashboard with panels that have room and do not overlap', () => {
    const places = new Set<string>();
    for (const { id, title, targets, gridPos } of dashboard.panels) {
      expect([title, targets.length > 0]).toEqual([expect.stringMatching(/./), true]);
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(places.has(`${x},${y}`), `panel ${id}`).toBe(false);
          places.add(`${x},${y}`);
        }
      }
    }
  });

  it('reaches the sidecar of Grafana whole, and under its label', () => {
    // biome-ignore lint/suspicious/noExplicitAny: read here and nowhere typed
    const map = objects.find(({ metadata }) => metadata.name === 'podid-nmi-dashboard') as any;
    expect(JSON.parse(map.data['podid.json'])).toEqual(dashboard);
    expect(map.metadata.labels).toMatchObject({ grafana_dashboard: 'yes', team: 'platform' });
  });

  it('has Prometheus read agents that are not ready, and the controller', () => {
    const services = objects.filter(({ kind }) => kind === 'Service');
    const selectors = objects
      .filter(({ kind }) => kind === 'ServiceMonitor')
      .map(({ spec }) => spec.selector);
    expect(services.map(({ metadata }) => metadata.name)).toEqual(['podid-mic-metrics', 'podid-nmi-metrics']);
    for (const { metadata, spec } of services) {
      expect(spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
      const chosen = selectors.filter(({ matchLabels }) =>
        Object.entries(matchLabels).every(([key, value]) => metadata.labels[key] === value),
      );
      expect(chosen).toHaveLength(1);
      expect(Object.keys(spec.selector)).toContain('app.kubernetes.io/component');
    }
    const server = objects.find(({ kind }) => kind === 'DaemonSet');
    expect(JSON.stringify(server)).toContain('--open-metrics');
  });
});
