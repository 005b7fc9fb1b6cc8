import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What upstream's chart leaves in a release, as far as a change of charts touches it. @returns its folder */
export function upstreamsChart(folder: string): string {
  const old = join(folder, 'aad-pod-identity');
  mkdirSync(join(old, 'templates'), { recursive: true });
  cpSync('test/cluster/fixtures/upstream-release.yaml', join(old, 'templates/release.yaml'));
  writeFileSync(
    join(old, 'Chart.yaml'),
    'apiVersion: v2\nname: aad-pod-identity\nversion: 4.1.18\nappVersion: 1.8.17\n',
  );
  return old;
}

/** What upstream's chart adds in standard mode, as Helm marks it. @returns the file that it is in */
export function micOf(release: string, folder: string): string {
  const file = join(folder, 'mic.json');
  const labels = { 'app.kubernetes.io/component': 'mic', 'app.kubernetes.io/managed-by': 'Helm' };
  const annotations = {
    'meta.helm.sh/release-name': release,
    'meta.helm.sh/release-namespace': 'kube-system',
  };
  const selector = { matchLabels: { 'app.kubernetes.io/component': 'mic' } };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'mic', image: 'none' }] } };
  const metadata = { name: 'aad-pod-identity-mic', namespace: 'kube-system', labels, annotations };
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { selector, template } };
  writeFileSync(file, JSON.stringify(deployment));
  return file;
}

/** The same with the definitions in the release, as charts up to 3.0 and those that wrap one have it. */
export function upstreamsChartWithDefinitions(folder: string): string {
  const old = upstreamsChart(folder);
  cpSync('deploy/crds', join(old, 'templates'), { recursive: true });
  return old;
}
