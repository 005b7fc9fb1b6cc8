import { describe, expect, it } from 'vitest';
import type { AccessFacts } from '../../../src/domain/access/access-facts.ts';
import { type AccessChoice, narrowReport } from '../../../src/domain/access/narrow-report.ts';
import { reportAccess } from '../../../src/domain/access/report-access.ts';
import { identityId } from '../../workflows/fake-azure.ts';
import {
  bound,
  factsWith,
  issuer,
  machine,
  nowMs,
  pod,
  read,
  rights,
  side,
  unread,
  workload,
  workloads,
} from './access-facts.ts';

const use = {
  verbs: ['use-managed-identity'],
  apiGroups: ['cid.wi.aks.azure.com'],
  resources: ['client-web'],
};

/** An identity that a group may use by AKS's identity binding. */
function forGroup(name: string): AccessFacts {
  return factsWith({
    resources: { ...bound('web'), bindings: [] },
    identityBindings: read([{ name: 'ib', resourceId: identityId('web'), clientId: 'client-web' }]),
    rbac: read(rights({ kind: 'Group', name }, use)),
  });
}

const flexible = factsWith({
  resources: { ...bound('web'), bindings: [] },
  azure: new Map([
    side('web', {
      credentials: read([{ name: 'trust', issuer, audiences: ['api://AzureADTokenExchange'] }]),
    }),
  ]),
  pods: read([pod('a')]),
});

const unseenPods = factsWith({
  resources: bound('web'),
  pods: unread('pods'),
  machines: read([machine(1, ['web'])]),
});

const used = factsWith({
  resources: bound('web'),
  pods: read([pod('a', { labels: { aadpodidbinding: 'web' } }), pod('b', { serviceAccount: 'other' })]),
  workloads: workloads(
    workload('CronJob', 'nightly', { labels: { aadpodidbinding: 'web' }, serviceAccount: 'nightly' }),
  ),
});

function kinds(facts: AccessFacts, choice: AccessChoice): readonly string[] {
  const { identities } = narrowReport(reportAccess(facts, nowMs), choice);
  return identities.flatMap(({ ways }) => ways.map(({ way }) => way));
}

describe('a narrowed access report', () => {
  it.each<[string, AccessFacts, AccessChoice, readonly string[]]>([
    ...['system:serviceaccounts:shop', 'system:serviceaccounts', 'system:authenticated'].flatMap(
      (group): [string, AccessFacts, AccessChoice, readonly string[]][] => [
        [`an account of ${group}`, forGroup(group), { serviceAccount: 'shop/web' }, ['identity-binding']],
        [`a namespace of ${group}`, forGroup(group), { namespace: 'shop' }, ['identity-binding']],
      ],
    ),
    [
      'no account of another namespace',
      forGroup('system:serviceaccounts:shop'),
      { serviceAccount: 'other/web' },
      [],
    ],
    ['no other namespace', forGroup('system:serviceaccounts:shop'), { namespace: 'other' }, []],
    ...Object.entries({
      pod: 'shop/a',
      serviceAccount: 'shop/web',
      namespace: 'shop',
      node: 'node-1',
      workload: { namespace: 'shop', workload: 'Pod/a' },
    }).map(([member, value]): [string, AccessFacts, AccessChoice, readonly string[]] => [
      `an expression that may fit any ${member}`,
      flexible,
      { [member]: value },
      ['federated'],
    ]),
    ['an account whose pods a binding gives it', used, { serviceAccount: 'shop/default' }, ['binding']],
    ['an account of a template', used, { serviceAccount: 'shop/nightly' }, ['binding']],
    ['no account of other pods', used, { serviceAccount: 'shop/other' }, []],
    [
      'a workload without pods',
      used,
      { workload: { namespace: 'shop', workload: 'CronJob/nightly' } },
      ['binding'],
    ],
    [
      'an account whose pods nobody could list',
      { ...used, pods: unread('pods') },
      { serviceAccount: 'shop/other' },
      ['binding'],
    ],
    ['a pod that nobody could list', unseenPods, { pod: 'shop/a' }, ['binding']],
    ['a node whose pods nobody could list', unseenPods, { node: 'node-1' }, ['binding']],
    ['no pod of another namespace', unseenPods, { pod: 'other/a' }, []],
  ])('has the ways of %s', (_what, facts, choice, expected) => {
    expect(kinds(facts, choice)).toEqual(expected);
  });
});
