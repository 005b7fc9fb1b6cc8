import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { golden, goldens, read } from './renders.ts';

const folder = 'deploy/chart/templates';
const templates = readdirSync(folder).map((name) => read(`${folder}/${name}`));

/** Kinds that templates look up; `$kind` stands for those of the list above it. */
const kinds = new Set(
  templates.flatMap((text) =>
    [...text.matchAll(/lookup (?:"[^"]*"|\(printf [^)]*\)\)|\(printf .*?\)) ("\w+"|\$kind) /g)].flatMap(
      ([, kind = '']) =>
        kind === '$kind'
          ? [...(/range \$kind := list ((?:"\w+" ?)+)/.exec(text)?.[1] ?? '').matchAll(/\w+/g)].map(String)
          : [kind.replaceAll('"', '')],
    ),
  ),
);

const page = read('docs/install.md');
const section = page.slice(page.indexOf('### Where Helm cannot ask the cluster'));
const rows = [...section.slice(0, section.indexOf('Try `helm')).matchAll(/^\| (`.*?) \| (.*) \|$/gm)].map(
  ([, of = '', silent = '']) => ({
    kinds: [...of.matchAll(/`(\w+)`/g)].map(([, kind = '']) => kind),
    silent,
  }),
);
const silentOf = (kind: string) => rows.find((row) => row.kinds.includes(kind))?.silent ?? '';

describe("where Helm's lookup finds nothing", () => {
  it('docs/install.md says of each kind that the chart looks up what is not seen', () => {
    expect(templates.join('').match(/\(lookup|:= lookup|= lookup/g)?.length).toBeGreaterThan(10);
    expect(rows.flatMap((row) => row.kinds).toSorted()).toEqual([...kinds].toSorted());
  });

  it("the chart's exception for AKS's own pods is rendered, as the page says", () => {
    expect(silentOf('AzurePodIdentityException')).toContain('kube-system/aks-addon-exception, is rendered');
    for (const name of goldens) {
      const exceptions = golden(name).filter(({ kind }) => kind === 'AzurePodIdentityException');
      expect([name, exceptions.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)]).toEqual([
        name,
        expect.arrayContaining(['kube-system/aks-addon-exception']),
      ]);
    }
  });

  it('values of upstream render in managed mode, although a release of theirs may have a MIC', () => {
    expect(silentOf('Deployment')).toContain('would lose its MIC');
    const managed = goldens.filter((name) => name.startsWith('upstream-'));
    expect(managed.length).toBeGreaterThan(2);
    for (const name of managed) {
      expect([name, golden(name).filter(({ kind }) => kind === 'Deployment')]).toEqual([name, []]);
    }
  });

  it('identities of the values that need secrets are seen, and those of the cluster are not', () => {
    expect(silentOf('AzureIdentity')).toContain('(those of the values are seen)');
    expect(read('test/deploy/golden/refused.txt')).toContain('rbac.allowAccessToSecrets');
    const withoutSecrets = parse(read('test/deploy/values/managed.yaml'));
    expect([withoutSecrets.azureIdentities, withoutSecrets.rbac]).toEqual([undefined, undefined]);
    expect(golden('managed').length).toBeGreaterThan(5);
  });

  it('standard mode without forceNamespaced is rendered namespaced, whatever pods use', () => {
    expect(silentOf('AzureAssignedIdentity')).toContain('identities of other namespaces');
    expect(parse(read('test/deploy/values/standard.yaml')).forceNamespaced).toBeUndefined();
    const controller = golden('standard').find(({ kind }) => kind === 'Deployment');
    const [container] = controller?.spec.template.spec.containers ?? [];
    expect(container.args.join(' ')).not.toContain('--forceNamespaced=false');
  });
});
