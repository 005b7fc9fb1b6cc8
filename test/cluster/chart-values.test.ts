import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isMap, isScalar, parseDocument } from 'yaml';
import { readAgentValues } from '../../src/validate/files/values/agent-values.ts';
import { overDefaults, treeOfFile, treeOfJson } from '../../src/validate/files/values/value-tree.ts';
import { UsageFaults } from '../../src/validate/usage-faults.ts';
import { upstream } from '../deploy/renders.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import { type Helm, helmOn } from './run-helm.ts';
import { upstreamsChart } from './upstream-chart.ts';

const chart = 'deploy/chart';
const inKubeSystem = ['--namespace', 'kube-system'];
const defaults = readFileSync('deploy/chart/values.yaml', 'utf8');

describe('values that people bring to the chart', () => {
  let api: ApiServer;
  let folder: string;
  let helm: Helm;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'podid-values-'));
    api = await startApiServer('chart-values');
    helm = helmOn(api, folder);
    api.kubectl('apply', '--server-side', '-f', 'deploy/crds');
    api.kubectl('wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all');
  });
  afterAll(async () => {
    await api?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** @returns the flag for a file with these values */
  const file = (values: object): string => {
    const path = join(folder, 'values.json');
    writeFileSync(path, JSON.stringify(values));
    return `--values=${path}`;
  };

  const cases = upstream.charts.flatMap(({ versions: [version = ''], defaults: of }) =>
    ['managed', 'standard'].map((mode) => [version, mode, of] as const),
  );

  it.each(cases)(
    'may be the defaults of %s in %s mode, and both ways of installing name what has no effect',
    (_, mode, of) => {
      const values = { ...of, operationMode: mode };
      const faults = new UsageFaults();
      const tree = overDefaults(
        treeOfFile({ name: 'chart', text: defaults }, faults),
        treeOfJson(values, 'mine'),
      );
      const { withoutEffect } = readAgentValues(tree, 'kube-system', faults);
      expect(faults.messages).toEqual([]);
      expect(withoutEffect).toContain('nmi.image');
      const notes = helm.does('install', 'podid', chart, ...inKubeSystem, '--dry-run=server', file(values));
      expect(notes).toContain(
        `These values have no effect in ${mode} mode: ${withoutEffect.join(', ')}. The chart's README says why.`,
      );
    },
  );

  it('stops before Helm writes anything where a value that was kept or taken away is missing, and never in a template', () => {
    const refused: string[] = [];
    for (const path of pathsOf(parseDocument(defaults).contents, [])) {
      const values = path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), null) as object;
      const { status, text } = helm('template', 'podid', chart, '--kube-version', '1.34.1', file(values));
      if (status !== 0) {
        expect(text).toContain(`These values of the chart are missing: ${path.join('.')}. Set them`);
        refused.push(path.join('.'));
      }
    }
    expect(refused).toEqual(
      expect.arrayContaining(['image', 'nmi', 'rbac', 'podid', 'podid.bootGuard', 'podid.alongside']),
    );
    expect(refused).not.toContain('podid.holdSeconds');
  });

  it("asks for --reset-values where Helm kept upstream's values, and goes on with each flag that it names", () => {
    const old = upstreamsChart(folder);
    const of = upstream.charts.at(-1)?.defaults;
    writeFileSync(join(old, 'values.yaml'), JSON.stringify({ ...of, operationMode: 'managed' }));
    for (const namespace of ['storefront', 'orders']) {
      api.kubectl('create', 'namespace', namespace);
    }
    helm.does('install', 'aad', old, ...inKubeSystem);
    const { status, text } = helm('upgrade', 'aad', chart, ...inKubeSystem, '--reuse-values');
    expect(status).toBe(1);
    expect(text).toContain('These values of the chart are missing: podid. helm upgrade --reuse-values keeps');
    expect(text).toContain('Use --reset-values with --values FILE');
    const values = ['--values', 'test/deploy/values/upstream-retail.yaml', '--dry-run=server'];
    for (const flag of ['--reset-values', '--reset-then-reuse-values']) {
      helm.does('upgrade', 'aad', chart, ...inKubeSystem, flag, ...values);
    }
    helm.does('uninstall', 'aad', ...inKubeSystem);
  });
});

/** Every value of the chart and every section of them, as steps from the root. */
function pathsOf(map: unknown, path: readonly string[]): string[][] {
  if (!isMap(map)) {
    return [];
  }
  return map.items.flatMap(({ key, value }) => {
    const own = [...path, isScalar(key) ? String(key.value) : ''];
    return [own, ...pathsOf(value, own)];
  });
}
