import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { fromJSONSchema } from 'zod';
import { entriesFile, type WantedEntries } from '../../../src/domain/entries/pod-identities-file.ts';
import { parsePodIdentitiesFiles } from '../../../src/validate/files/pod-identities-file.ts';
import { podIdentitiesSchema } from '../../../src/validate/files/pod-identities-schema.ts';
import { faultsOf } from '../faults-of.ts';

const head = 'apiVersion: podid.io/v1\nkind: PodIdentities\n';
const webId =
  '/subscriptions/s-1/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web';

function parse(...texts: string[]) {
  const warnings: string[] = [];
  const sources = texts.map((text, at) => ({ name: `${at + 1}.yaml`, text }));
  let wanted: WantedEntries = {};
  const faults = faultsOf((found) => {
    wanted = parsePodIdentitiesFiles(sources, found, (text) => warnings.push(text));
  });
  return { wanted, warnings, faults };
}

function messages(...texts: string[]): string[] {
  return parse(...texts).faults;
}

describe('a file of pod identities', () => {
  it('may leave lists out, which is not the same as empty ones', () => {
    expect(parse(head).wanted).toEqual({});
    expect(parse(`${head}identities: []\n`).wanted).toEqual({ identities: [] });
  });

  it('may be JSON, tabs and Windows line ends included', () => {
    const json =
      '{\r\n\t"apiVersion": "podid.io/v1",\r\n\t"kind": "PodIdentities",\r\n\t"exceptions": []\r\n}\r\n';
    expect(parse(json)).toEqual({ wanted: { exceptions: [] }, warnings: [], faults: [] });
  });

  it('may hold several documents, empty ones and aliases', () => {
    const text = `---\n---\n${head}exceptions:\n- {name: a, namespace: n, podLabels: &l {app: x}}\n- {name: b, namespace: n, podLabels: *l}\n---\n${head}identities: []\n`;
    expect(parse(text)).toMatchObject({
      wanted: { identities: [], exceptions: [{ name: 'a' }, { name: 'b', podLabels: { app: 'x' } }] },
      faults: [],
    });
  });

  it('may hold an exception without labels, as Azure does, with a warning', () => {
    const { faults, warnings } = parse(`${head}exceptions: [{name: a, namespace: n, podLabels: {}}]\n`);
    expect(faults).toEqual([]);
    expect(warnings).toEqual(['Exception n/a has no labels, so it excepts no pod.']);
  });

  it.each([
    ['nothing in it', '', '1.yaml:1:1: there is no document in it.'],
    ['a list on top', '- a', '1.yaml:1:1: a document has to be a map, or a list of clusters'],
    ['an unknown key', `${head}identity: []`, '1.yaml:3:1: a document has no "identity".'],
    ['a key in other case', `${head}Identities: []`, 'Did you mean identities?'],
    [
      'a list that is a map',
      `${head}identities: {}`,
      '1.yaml:3:13: identities has to be a list; this is a map.',
    ],
    ['a list that is empty text', `${head}identities:`, 'identities has to be a list; this is empty.'],
    [
      'a number for a name',
      `${head}exceptions: [{name: 12, namespace: n, podLabels: {a: b}}]`,
      '1.yaml:3:21: name has to be a text, in quotes: "12"; this is a number.',
    ],
    [
      'a boolean label',
      `${head}exceptions: [{name: a, namespace: n, podLabels: {app: true}}]`,
      'in quotes: "true"; this is a boolean.',
    ],
    [
      'a missing key',
      `${head}exceptions: [{name: a, namespace: n}]`,
      '1.yaml:3:14: podLabels is missing: an exception needs it.',
    ],
    [
      'a bad namespace',
      `${head}exceptions: [{name: a, namespace: N_, podLabels: {}}]`,
      '"N_" is not a namespace',
    ],
    [
      'a bad id',
      `${head}identities: [{name: a, namespace: n, identityResourceId: web}]`,
      '"web" is not the id of a managed identity',
    ],
    [
      'a bad label key',
      `${head}exceptions: [{name: a, namespace: n, podLabels: {"a/b/c": x}}]`,
      '"a/b/c" is not a label key',
    ],
    [
      'a cluster that can be none',
      `${head}cluster: {name: "a b"}`,
      '1.yaml:3:17: "a b" is not a cluster name',
    ],
    ['a merge key', `${head}<<: {a: 1}`, 'a document has no "<<"'],
    ['an unknown tag', `${head}identities: !secret []`, '1.yaml:3:13: Unresolved tag: !secret'],
    ['a key twice', `${head}kind: PodIdentities`, '1.yaml:3:1: Map keys must be unique.'],
    ['what is no YAML', `${head}identities: [`, '1.yaml:3:14: '],
  ])('is refused with %s, at its place', (_, text, said) => {
    expect(messages(text).join('\n')).toContain(said);
  });

  it('needs a selector for a name that is too long for a label', () => {
    const item = `{name: ${'n'.repeat(64)}, namespace: n, identityResourceId: ${webId}}`;
    expect(messages(`${head}identities: [${item}]`)).toEqual([
      '1.yaml:3:14: bindingSelector is missing: the name has more than 63 characters and cannot be a pod label.',
    ]);
  });

  it('may not name an entry twice, in whichever files, nor two clusters', () => {
    const text = `${head}cluster: {name: one}\nexceptions: [{name: a, namespace: n, podLabels: {a: b}}]\n`;
    expect(messages(text, text.replace('one', 'two'))).toEqual([
      '2.yaml:3:10: another document names another cluster; all have to name the same.',
      '2.yaml:4:14: exception n/a appears twice; the first is at 1.yaml:4:14.',
    ]);
  });

  it('is not expanded without end by aliases of aliases', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 30; level++) {
      const [name, before] = [`b${level}`, level === 1 ? 'a' : `b${level - 1}`];
      bomb.push(`${name}: &${name} [${Array(8).fill(`*${before}`).join(', ')}]`);
    }
    expect(messages(`${head}${bomb.join('\n')}\nidentities: *b29\n`).length).toBeGreaterThan(30);
  });
});

const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/);
const labels = fc.dictionary(
  fc.stringMatching(/^([a-z]{1,9}\.io\/)?[A-Za-z0-9]([-\w.]{0,9}[A-Za-z0-9])?$/),
  fc.stringMatching(/^([A-Za-z0-9]([-\w.]{0,9}[A-Za-z0-9])?)?$/),
);
const key = fc.record({ name: label, namespace: label });
const uniqueKeys = { selector: (one: { namespace: string; name: string }) => `${one.namespace}/${one.name}` };
const identities = fc.uniqueArray(
  fc.tuple(key, fc.option(label, { nil: undefined })).map(([each, bindingSelector]) => ({
    ...each,
    identityResourceId: webId,
    ...(bindingSelector === undefined ? {} : { bindingSelector }),
  })),
  uniqueKeys,
);
const exceptions = fc.uniqueArray(
  fc.tuple(key, labels).map(([each, podLabels]) => ({ ...each, podLabels })),
  uniqueKeys,
);
const entries = fc.record({ identities, exceptions });

describe('a file that podid writes', () => {
  it('is read as what was written, from YAML and from JSON', () => {
    fc.assert(
      fc.property(entries, (wanted) => {
        const file = entriesFile(wanted);
        const { apiVersion: _a, kind: _k, ...content } = file;
        for (const text of [stringify(file, { lineWidth: 0 }), JSON.stringify(file)]) {
          expect(parse(text)).toMatchObject({ wanted: content, faults: [] });
        }
      }),
    );
  });

  it('is the same text whatever the order of the entries and labels', () => {
    fc.assert(
      fc.property(entries, (wanted) => {
        const turned = {
          identities: wanted.identities.toReversed(),
          exceptions: wanted.exceptions.toReversed().map((one) => ({
            ...one,
            podLabels: Object.fromEntries(Object.entries(one.podLabels).toReversed()),
          })),
        };
        expect(JSON.stringify(entriesFile(turned))).toBe(JSON.stringify(entriesFile(wanted)));
      }),
    );
  });
});

describe('the page about the file', () => {
  it('shows files that podid reads', () => {
    const page = readFileSync(new URL('../../../docs/apply.md', import.meta.url), 'utf8');
    const files = [...page.matchAll(/```yaml\n(apiVersion[\s\S]*?)```/g)].map(([, text = '']) => text);
    expect(files).toHaveLength(1);
    expect(parse(...files)).toMatchObject({
      wanted: { cluster: { name: 'demo' }, identities: [{ name: 'web' }], exceptions: [{ name: 'legacy' }] },
      faults: [],
    });
  });
});

describe('the schema of the file', () => {
  const schema = fromJSONSchema(podIdentitiesSchema as never);
  const isValid = (value: unknown) => schema.safeParse(value).success;

  it('takes what podid writes', () => {
    fc.assert(
      fc.property(entries, (wanted) => {
        expect(isValid(entriesFile(wanted))).toBe(true);
      }),
    );
  });

  it('takes whatever podid itself takes', () => {
    const text = fc.oneof(label, fc.string(), fc.constantFrom(webId, 'A_b', '-a', 'a.b', 'x'.repeat(64)));
    const file = fc.record(
      {
        apiVersion: fc.constantFrom('podid.io/v1', 'v1'),
        kind: fc.constantFrom('PodIdentities', 'List'),
        cluster: fc.record({ name: text, resourceGroup: text, subscription: text }, { requiredKeys: [] }),
        identities: fc.array(
          fc.record(
            { name: text, namespace: text, identityResourceId: text, bindingSelector: text, other: text },
            { requiredKeys: [] },
          ),
          { maxLength: 1 },
        ),
        exceptions: fc.array(
          fc.record(
            { name: text, namespace: text, podLabels: fc.dictionary(text, text) },
            { requiredKeys: [] },
          ),
          { maxLength: 1 },
        ),
      },
      { requiredKeys: ['apiVersion'] },
    );
    fc.assert(
      fc.property(file, (value) => {
        if (parse(JSON.stringify(value)).faults.length === 0) {
          expect(isValid(value)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['another apiVersion', { apiVersion: 'v1', kind: 'PodIdentities' }],
    ['no kind', { apiVersion: 'podid.io/v1' }],
    ['an unknown key', { apiVersion: 'podid.io/v1', kind: 'PodIdentities', identity: [] }],
    ['a name in upper case', withIdentity({ name: 'Web' })],
    ['a namespace with a dot', withIdentity({ namespace: 'a.b' })],
    ['a selector of more than 63 characters', withIdentity({ bindingSelector: 'x'.repeat(64) })],
    ['an id that is none', withIdentity({ identityResourceId: 'web' })],
    ['a number for a name', withIdentity({ name: 12 })],
  ])('refuses %s, as podid does', (_, value) => {
    expect(isValid(value)).toBe(false);
    expect(parse(JSON.stringify(value)).faults).not.toEqual([]);
  });
});

function withIdentity(more: object) {
  const identity = { name: 'web', namespace: 'demo', identityResourceId: webId, ...more };
  return { apiVersion: 'podid.io/v1', kind: 'PodIdentities', identities: [identity] };
}
