import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../src/domain/kubernetes/kube-object.ts';
import { renderAgent } from '../../../src/k8s/agent-objects/render-agent.ts';
import { manifestDocuments } from '../../../src/validate/files/manifest-objects.ts';
import { readAgentValues } from '../../../src/validate/files/values/agent-values.ts';
import { refuseWithoutImage } from '../../../src/validate/files/values/refuse-values.ts';
import { mergeTrees, treeOfFile } from '../../../src/validate/files/values/value-tree.ts';
import { UsageFaults } from '../../../src/validate/usage-faults.ts';

/** `helm template` of deploy/chart, made by the one who changes the chart: see test/deploy. */
const deploy = new URL('../../deploy/', import.meta.url);
const goldens = readdirSync(new URL('golden/', deploy)).filter((name) => name.endsWith('.yaml'));
const refusals = readdirSync(new URL('golden/', deploy)).filter((name) => name.endsWith('.txt'));

describe('the agent rendered by podid', () => {
  it('has goldens of the chart to be compared with', () => {
    expect(goldens.length).toBeGreaterThan(5);
  });

  it.each(goldens)('is what Helm renders: %s', (name) => {
    const chart = manifestDocuments(read(`golden/${name}`)).filter(isNoHook);
    const { values, faults } = valuesOf(name);
    expect(faults).toEqual([]);
    const daemonSet = chart.find(({ kind }) => kind === 'DaemonSet');
    const { labels = {}, namespace = '' } = daemonSet?.metadata ?? {};
    const objects = renderAgent(values, {
      name: labels['app.kubernetes.io/instance'] ?? '',
      namespace,
      version: labels['app.kubernetes.io/version'] ?? '',
    });
    expect(byKey(objects)).toEqual(byKey(chart));
  });

  it.each(refusals)('is refused for the reasons for which Helm refuses: %s', (name) => {
    const said = read(`golden/${name}`)
      .split('\n')
      .filter((line) => /^[A-Za-z]/.test(line) && !/^(?:Error:|Use --debug)/.test(line));
    expect(said.length).toBeGreaterThan(0);
    const { faults } = valuesOf(name.replace('.txt', '.yaml'));
    for (const line of said) {
      expect(faults.join('\n')).toContain(line);
    }
  });
});

function valuesOf(name: string) {
  const faults = new UsageFaults();
  const defaults = readFileSync(new URL('../../../deploy/chart/values.yaml', import.meta.url), 'utf8');
  const tree = mergeTrees(
    treeOfFile({ name: 'values.yaml', text: defaults }, faults),
    treeOfFile({ name, text: read(`values/${name}`) }, faults),
  );
  const values = readAgentValues(tree, 'kube-system', faults);
  refuseWithoutImage(values, faults);
  return { values, faults: faults.messages };
}

function read(path: string): string {
  return readFileSync(new URL(path, deploy), 'utf8');
}

function isNoHook({ metadata }: KubeObject): boolean {
  return metadata.annotations?.['helm.sh/hook'] === undefined;
}

/** Who manages them is where the two differ, and must. */
function byKey(objects: readonly KubeObject[]): Record<string, unknown> {
  return Object.fromEntries(
    objects.map((object) => {
      const { labels, ...metadata } = object.metadata;
      const { 'app.kubernetes.io/managed-by': _managedBy, ...others } = labels ?? {};
      const key = `${object.kind} ${metadata.namespace ?? ''}/${metadata.name}`;
      return [key, { ...object, metadata: { ...metadata, labels: others } }];
    }),
  );
}
