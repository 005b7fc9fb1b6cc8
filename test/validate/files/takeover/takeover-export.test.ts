import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { holdText } from '../../../../src/domain/takeover/hold.ts';
import type { TakeoverExport } from '../../../../src/domain/takeover/takeover-export.ts';
import { parseTakeoverFile } from '../../../../src/validate/files/takeover/takeover-export.ts';
import { faultsOf } from '../../faults-of.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const subscription = '/subscriptions/00000000-0000-4000-8000-000000000001';
const identityResourceId = `${subscription}/resourceGroups/demo-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web`;
const objects = { identities: [], bindings: [], exceptions: [] };
const plan: TakeoverExport = {
  apiVersion: 'podid.io/v1',
  kind: 'PodIdentityTakeover',
  cluster: { subscription: subscription.slice(15), resourceGroup: 'demo-rg', name: 'demo' },
  clusterUid: '00000000-0000-4000-8000-00000000000c',
  identities: ['api', 'web'].map((name) => ({
    name,
    namespace: 'demo',
    identityResourceId,
    bindingSelector: name,
  })),
  exceptions: [{ name: 'legacy', namespace: 'demo', podLabels: { app: 'legacy' } }],
  allowNetworkPluginKubenet: false,
  objects,
  marks: {},
  machines: [
    {
      resource: `${subscription}/resourceGroups/MC/providers/Microsoft.Compute/virtualMachineScaleSets/pool`,
      identities: [identityResourceId],
    },
  ],
  before: { addon: true, agent: false, sources: { 'demo/web': 'imds' } },
  readFrom: `sha256:${sha256(holdText(objects))}`,
};
const text = stringify(plan, { lineWidth: 0 });

function read(yaml: string) {
  let file: TakeoverExport | undefined;
  const faults = faultsOf((found) => {
    file = parseTakeoverFile({ name: 'takeover.yaml', text: yaml }, sha256, found);
  });
  return { file, faults };
}

/** Ten million ones in a few lines. */
const marksOfAliases = ['marks:', '  m0: &m0 [1]']
  .concat(
    Array.from(
      { length: 7 },
      (_, at) => `  m${at + 1}: &m${at + 1} [${Array(10).fill(`*m${at}`).join(', ')}]`,
    ),
  )
  .join('\n');

/** The line on which the text ends, from 1. */
const lastLine = (cut: string) => cut.trimEnd().split('\n').length;

describe('the file of podid takeover plan --out', () => {
  it('is read as it was written, as YAML and as JSON', () => {
    expect(read(text)).toEqual({ file: plan, faults: [] });
    expect(read(JSON.stringify(plan, null, 2))).toEqual({ file: plan, faults: [] });
  });

  it('is refused at the end of what is there, wherever it was cut short', () => {
    const [header] = /^.*\n.*\n/.exec(text) ?? [''];
    for (let end = header.length; end < text.trimEnd().length; end += 1) {
      const cut = text.slice(0, end);
      const { file, faults } = read(cut);
      expect(file).toBeUndefined();
      expect(faults, cut).toEqual([
        expect.stringMatching(
          new RegExp(`^takeover.yaml:${lastLine(cut)}:\\d+: .*podid takeover plan --out writes it anew\\.$`),
        ),
      ]);
    }
  });

  it.each([
    ['nothing', '', 'takeover.yaml:1:1: it is empty;'],
    ['another kind', text.replace('PodIdentityTakeover', 'MigrationPlan'), 'takeover.yaml:2:1: it is not'],
    [
      'an entry of nobody',
      text.replace('name: web', 'name: Web!'),
      'takeover.yaml:13:5: this is not written as podid writes its identities',
    ],
    [
      'a list that is none',
      text.replace(/machines:[\s\S]*before:/, 'machines: 1\nbefore:'),
      ':28:1: machines is not a list',
    ],
    ['a cluster without a uid', text.replace(/clusterUid.*\n/, ''), 'takeover.yaml:1:1: it does not name'],
    ['a past of its own', text.replace('agent: false', 'agent: maybe'), ':32:1: what it says of the time'],
    ['other objects', text.replace(/(readFrom: sha256:)./, '$1x'), ':37:1: its objects are not those'],
    ['aliases that stand for too much', text.replace('marks: {}', marksOfAliases), 'stand for more'],
    ['a second document', `${text}---\na: 1\n`, 'takeover.yaml:39:1: a second document'],
  ])('is refused at the place of what is wrong: %s', (_, wrong, said) => {
    const { file, faults } = read(wrong);
    expect([file, faults]).toEqual([undefined, [expect.stringContaining(said)]]);
  });
});
