import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccessFacts } from '../../../src/domain/access/access-facts.ts';
import { type WayKind, wayKinds } from '../../../src/domain/access/access-report.ts';
import { reportAccess } from '../../../src/domain/access/report-access.ts';
import { identityId } from '../../workflows/fake-azure.ts';
import {
  agent,
  bound,
  factsWith,
  issuer,
  machine,
  node,
  nowMs,
  pod,
  read,
  rights,
  side,
  unread,
} from './access-facts.ts';

/** All that may be refused by itself, by the member of the facts that is unread then. */
const refusable = [
  'cluster',
  'objects',
  'pods',
  'workloads',
  'namespaces',
  'nodes',
  'agents',
  'serviceAccounts',
  'rbac',
  'machines',
  'identityBindings',
  'seen',
] as const;

const principal = {
  metadata: { namespace: 'shop', name: 'sp' },
  spec: { type: 1, clientID: 'app', tenantID: 't', clientPassword: { name: 'key' } },
};

/** A cluster in which both identities have every way that they can have. */
const everything: AccessFacts = factsWith({
  resources: {
    identities: [...bound('web').identities, principal],
    bindings: [
      ...bound('web').bindings,
      { metadata: { namespace: 'shop', name: 'sp' }, spec: { azureIdentity: 'sp', selector: 'sp' } },
    ],
    exceptions: [{ metadata: { namespace: 'shop', name: 'e' }, spec: { podLabels: { a: 'b' } } }],
  },
  nodes: read([node(1), node(2)]),
  agents: read([agent('node-1')]),
  machines: read([machine(1, ['web']), machine(2, ['web'])]),
  pods: read([
    pod('bound', { labels: { aadpodidbinding: 'web' } }),
    pod('excepted', { labels: { a: 'b' } }),
    pod('host', { hostNetwork: true }),
    pod('beyond', { nodeName: 'node-2' }),
    pod('app', { serviceAccount: 'app', secrets: ['key'] }),
    pod('sp', { labels: { aadpodidbinding: 'sp' } }),
  ]),
  identityBindings: read([{ name: 'ib', resourceId: identityId('web'), clientId: 'client-web' }]),
  rbac: read(
    rights(
      { kind: 'ServiceAccount', namespace: 'shop', name: 'app' },
      { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
    ),
  ),
  azure: new Map([
    side('web', {
      credentials: read([
        { name: 'f', issuer, subject: 'system:serviceaccount:shop:app', audiences: ['api'] },
      ]),
    }),
  ]),
});

function kindsOf(facts: AccessFacts) {
  return reportAccess(facts, nowMs).identities.map(({ name, ways, unknown }) => ({
    name,
    ways: new Set<WayKind>(ways.map(({ way }) => way)),
    unknown,
  }));
}

function refused(
  members: readonly string[],
  more: { readonly credentials: boolean; readonly roles: boolean },
): AccessFacts {
  const without = Object.fromEntries(
    members.map((member) => {
      const refusal = unread(member);
      return [member, member === 'workloads' ? new Map([['Deployment', refusal]]) : refusal];
    }),
  );
  const azure = more.credentials
    ? new Map([side('web', { credentials: unread('credentials') })])
    : everything.azure;
  const roles = more.roles
    ? [{ subscriptionId: 'sub', assignments: unread('assignments'), definitions: new Map() }]
    : everything.roles;
  return { ...everything, ...without, azure, roles };
}

describe('an access report', () => {
  const whole = kindsOf(everything);

  it('has every way of an identity where all is read', () => {
    const ways = new Set(whole.flatMap((each) => [...each.ways]));
    expect([...ways].sort()).toEqual(wayKinds.filter((way) => way !== 'exchange').sort());
    expect(whole.map(({ name, unknown }) => [name, unknown])).toEqual([
      ['shop/sp', ['federated']],
      ['web', []],
    ]);
  });

  it('never calls none what could not be read: each way is there, or unknown', () => {
    fc.assert(
      fc.property(
        fc.subarray([...refusable]),
        fc.record({ credentials: fc.boolean(), roles: fc.boolean() }),
        (members, more) => {
          const facts = refused(members, more);
          const now = kindsOf(facts);
          for (const before of whole) {
            const after = now.find(({ name }) => name === before.name);
            for (const way of before.ways) {
              expect(
                [...(after?.ways ?? []), ...(after?.unknown ?? [])],
                `${way} without ${members}`,
              ).toContain(way);
            }
          }
        },
      ),
    );
  });

  it('names what could not be read, and has no number, no list and no finding for it', () => {
    fc.assert(
      fc.property(
        fc.subarray([...refusable]),
        fc.record({ credentials: fc.boolean(), roles: fc.boolean() }),
        (members, more) => {
          const report = reportAccess(refused(members, more), nowMs);
          const known = reportAccess(everything, nowMs);
          const refusals = members.length + Number(more.credentials) + Number(more.roles);
          expect(report.unread.length - known.unread.length).toBeGreaterThanOrEqual(refusals > 0 ? 1 : 0);
          for (const member of members) {
            expect(report.unread.map(({ why }) => why)).toContain(`You may not read ${member}.`);
          }
          const web = report.identities.find(({ name }) => name === 'web');
          expect(web?.roles === undefined).toBe(more.roles);
          expect(web?.nodes === undefined).toBe(members.includes('nodes') || members.includes('machines'));
          expect(report.couldBecome === undefined).toBe(members.includes('rbac'));
          expect(report.couldBecomeInAzure === undefined).toBe(more.roles);
          if (members.includes('pods')) {
            expect(web?.ways.every(({ pods }) => pods === undefined)).toBe(true);
            const counted = web?.ways.filter(({ nodes }) => nodes !== undefined) ?? [];
            expect(counted.every(({ way }) => way === 'unguarded-node')).toBe(true);
          }
          const texts = new Set(known.findings.map(({ code }) => code));
          // Less is found in what is unknown, never something else.
          expect(report.findings.filter(({ code }) => !texts.has(code))).toEqual([]);
        },
      ),
    );
  });
});
