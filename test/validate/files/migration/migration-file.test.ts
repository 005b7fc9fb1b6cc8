import { describe, expect, it } from 'vitest';
import { parse as parseYaml, stringify } from 'yaml';
import { fromJSONSchema } from 'zod';
import type { MigrationFile } from '../../../../src/domain/migrate/migration-file.ts';
import { parseMigrationFile } from '../../../../src/validate/files/migration/migration-file.ts';
import { migrationFileSchema } from '../../../../src/validate/files/migration/migration-file-schema.ts';
import { faultsOf } from '../../faults-of.ts';

const hash = `sha256:${'0'.repeat(64)}`;
const text = `apiVersion: podid.io/v1
kind: MigrationPlan
cluster:
  subscription: 00000000-0000-4000-8000-000000000001
  resourceGroup: demo-rg
  name: demo
issuer: https://westeurope.oic.prod-aks.azure.com/tenant/guid/
readFrom: ${hash}
workloads:
  - kind: Deployment
    namespace: demo
    name: web
    route: native
    serviceAccount: web
    newServiceAccount: true
    identities:
      - namespace: demo
        name: web
        clientId: 00000000-0000-4000-8000-000000000002
    state: blocked(SaDefault)
    readFrom: ${hash}
`;

function read(yaml: string) {
  let file: MigrationFile | undefined;
  const faults = faultsOf((found) => {
    file = parseMigrationFile({ name: 'plan.yaml', text: yaml }, found);
  });
  return { file, faults };
}

/** One line of the file with another content. */
function edited(line: string, by: string): string {
  expect(text).toContain(`${line}\n`);
  return text.replace(`${line}\n`, by === '' ? '' : `${by}\n`);
}

/** Edited by hand to nonsense; the message names line, value and rule. */
const nonsense: readonly (readonly [string, string, string])[] = [
  [
    'a route of nobody',
    edited('    route: native', '    route: fly'),
    'plan.yaml:13:12: "fly" is not a route: one of "native", "proxy", "exchange", "csi", "keda", "stays".',
  ],
  [
    'a route in another case',
    edited('    route: native', '    route: Native'),
    'plan.yaml:13:12: "Native" is not a route',
  ],
  [
    'a number for a name',
    edited('    name: web', '    name: 3'),
    'plan.yaml:12:11: name has to be a text, in quotes: "3"; this is a number.',
  ],
  [
    'a namespace that is none',
    edited('    namespace: demo\n    name: web', '    namespace: De/mo\n    name: web'),
    '"De/mo" is not a namespace',
  ],
  [
    'a kind that is none',
    edited('  - kind: Deployment', '  - kind: deployment'),
    'plan.yaml:10:11: "deployment" is not a kind of workload: a kind of Kubernetes, such as Deployment.',
  ],
  [
    'a hash that was cut',
    edited(
      `    state: blocked(SaDefault)\n    readFrom: ${hash}`,
      '    state: planned\n    readFrom: sha256:12',
    ),
    '"sha256:12" is not a hash: sha256: and 64 hexadecimal digits',
  ],
  [
    'a member that nobody knows',
    edited('    route: native', '    route: native\n    replicas: 3'),
    'plan.yaml:14:5: a workload has no "replicas".',
  ],
  [
    'a member in another case',
    edited('    route: native', '    Route: native'),
    'a workload has no "Route". Did you mean route?',
  ],
  [
    'a missing member',
    edited('    serviceAccount: web', ''),
    'plan.yaml:10:5: serviceAccount is missing: a workload needs it.',
  ],
  [
    'an account to be made or not',
    edited('    newServiceAccount: true', '    newServiceAccount: false'),
    'plan.yaml:15:24: newServiceAccount is true, or it is left out.',
  ],
  [
    'a client id that is none',
    edited('        clientId: 00000000-0000-4000-8000-000000000002', '        clientId: web'),
    '"web" is not a client id: a GUID.',
  ],
  [
    'an issuer that is none',
    edited('issuer: https://westeurope.oic.prod-aks.azure.com/tenant/guid/', 'issuer: westeurope'),
    'plan.yaml:7:9: "westeurope" is not an OIDC issuer: a whole URL, as Azure says it.',
  ],
  [
    'another kind of file',
    edited('kind: MigrationPlan', 'kind: PodIdentities'),
    'plan.yaml:2:1: this has the kind "PodIdentities", and so it is not a plan: podid migrate plan --out FILE writes one.',
  ],
  [
    'a state that is none',
    edited('    state: blocked(SaDefault)', '    state: Done!'),
    '"Done!" is not a state',
  ],
  [
    'workloads that are no list',
    text.replace(/workloads:[\s\S]*/, 'workloads: none\n'),
    'workloads has to be a list',
  ],
];

describe('the file of a plan', () => {
  it('is read as it was written', () => {
    const { file, faults } = read(text);
    expect(faults).toEqual([]);
    expect(file).toEqual(parseYaml(text));
    expect(read(stringify(file)).file).toEqual(file);
  });

  it.each(nonsense)('is refused with %s', (_what, yaml, message) => {
    const { file, faults } = read(yaml);
    expect(faults.join('\n')).toContain(message);
    expect(file).toBeUndefined();
  });

  it('is refused with a workload that appears twice, with the line of the first', () => {
    const again = text.slice(text.indexOf('  - kind: Deployment'));
    expect(read(`${text}${again}`).faults).toEqual([
      'plan.yaml:22:5: Deployment demo/web appears twice; the first is at line 10.',
    ]);
  });

  it.each([
    ['nothing', '', 'plan.yaml:1:1: there is no document in it.'],
    ['a list', '- a\n', 'plan.yaml:1:1: a plan has to be a map'],
    ['two documents', `${text}---\n${text}`, 'a second document; a plan is one.'],
    ['no YAML', '{', 'plan.yaml:1:1: this is not YAML that can be read, and so it is not a plan'],
    [
      'another map',
      'a: b\nc: d\n',
      'plan.yaml:1:1: this names no kind and no workloads, and so it is not a plan',
    ],
  ])('is refused with %s in it', (_what, yaml, message) => {
    const { file, faults } = read(yaml);
    expect(faults.join('\n')).toContain(message);
    expect(file).toBeUndefined();
  });

  it('is one sentence where the file is something else', () => {
    const broken = 'a: b: c\n- d: [\n  {\n';
    for (const other of [broken, 'a: b\nc: d\n', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n']) {
      expect(read(other).faults).toEqual([expect.stringContaining('it is not a plan')]);
    }
  });
});

describe('its schema', () => {
  const schema = fromJSONSchema(migrationFileSchema as never);

  it('takes what podid writes', () => {
    expect(schema.safeParse(parseYaml(text)).error).toBeUndefined();
  });

  // It does not look into what a name or an issuer is; podid does.
  const finer = new Set(['an issuer that is none']);
  it.each(nonsense.filter(([what]) => !finer.has(what)))('refuses %s, as podid does', (_what, yaml) => {
    expect(schema.safeParse(parseYaml(yaml)).success).toBe(false);
  });
});
