import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromJSONSchema } from 'zod';
import { jsonOf } from '../../../../src/validate/files/values/value-tree.ts';
import { readOddValues } from './odd-faults.ts';
import { lostByHelm, oddValues } from './odd-values.ts';

/** Another reader of the same schema, which holds the table to it where there is no Helm. */
const schema = fromJSONSchema(JSON.parse(readFileSync('deploy/chart/values.schema.json', 'utf8')));

describe('odd values', () => {
  it.each(oddValues)('%j are %s by podid nmi install, as by Helm', (values, verdict) => {
    const { tree, faults } = readOddValues(values);
    expect(faults.length === 0 ? 'taken' : 'refused', faults.join('\n')).toBe(verdict);
    if (!schema.safeParse(jsonOf(tree)).success) {
      expect(verdict).toBe('refused');
    }
  });

  it.each(lostByHelm)('%j are refused, since Helm would lose a part of them', (values) => {
    expect(readOddValues(values).faults).not.toEqual([]);
  });

  it.each([
    ['nameOverride: 123', 'nameOverride has to be a text; this is 123. Write it in quotes: "123".'],
    [
      'podid: {addressGuard: off}',
      'podid.addressGuard has to be one of auto, off; this is false, as Helm reads off without quotes. Write it in quotes: "off".',
    ],
    ['operationMode: Managed', 'one of managed, standard; this is "Managed". Did you mean managed?'],
    ['podid: {alongside: "true"}', 'has to be true or false; this is "true". Write true, without quotes.'],
    [
      'nmi: {nodeSelector: ""}',
      'nmi.nodeSelector has to be a map; this is "". For none write {}, or leave it out.',
    ],
    [
      'nmi: {tolerations: {}}',
      'nmi.tolerations has to be a list; this is {}. For none write [], or leave it out.',
    ],
    ['installCRDs: 1', 'installCRDs has to be true or false, or empty; this is 1.'],
    ['podid: null', 'These values of the chart are missing: podid. Set them, or leave them out'],
    ['mic: {clientQps: 0}', 'mic.clientQps has to be a number above 0, or empty; this is 0.'],
    ['imagePullSecrets: [{}]', 'imagePullSecrets[0].name is missing.'],
    [
      'podid: {networkPolicy: {namespaces: [a, a]}}',
      'has the same item twice; this is ["a","a"]. Leave one of them out.',
    ],
    ['azureIdentities: {web: {colour: red}}', 'There is no value azureIdentities.web.colour.'],
    [
      'podid: {image: {digest: latest}}',
      'sha256: and 64 hexadecimal digits in small letters, or empty; this is "latest".',
    ],
  ])('say the value, the rule and what to write: %s', (text, sentence) => {
    const { faults } = readOddValues({ files: [text] });
    expect(faults[0]).toContain(sentence);
  });

  it.each([
    ['nmi.podLabels.team=42', 'this is 42. Type --set-string nmi.podLabels.team=42'],
    ['podid.alongside=yes', 'this is "yes". Type --set podid.alongside=true'],
    ['nmi.nodeSelector.kubernetes.io/os=linux', 'Type a backslash before a dot that is part of a name.'],
    [
      'podid.image.repository=REGISTRY/podid',
      'podid.image.repository has to be a registry and a path in small letters, without a tag, as registry.example.net/podid (the registry has a dot or a port); this is "REGISTRY/podid".',
    ],
  ])('say of a flag what to type: --set %s', (text, sentence) => {
    expect(readOddValues({ set: [text] }).faults).toEqual([expect.stringContaining(sentence)]);
  });

  it.each([
    'adminsecret: hidden-words',
    'adminsecret: {clientSecret: [hidden-words]}\noperationMode: standard',
    'azureIdentities: {web: {clientPassword: [hidden-words]}}',
    'azureIdentities: {web: {clientPassword: {name: {a: hidden-words}}}}',
  ])('never show what may be a secret: %s', (text) => {
    const { faults } = readOddValues({ files: [text] });
    expect(faults).not.toEqual([]);
    expect(faults.join()).not.toContain('hidden-words');
  });
});
