// Results in each of their shapes, to try queries on. Loaded where there is a query.
import { advice } from '../../errors/hint.ts';
import type { Planned } from '../../workflows/migrate/plan-migration.ts';
import { migrationView, statusView } from './migrate-result.ts';

const hint = advice`kubectl create serviceaccount web -n demo`;
const blocker = { code: 'SaDefault', message: 'Message', hint } as const;

const planned: Planned = {
  cluster: { subscriptionId: '', resourceGroup: 'demo-rg', name: 'demo' },
  issuer: 'https://westeurope.oic.prod-aks.azure.com/TENANT/GUID/',
  workloads: [
    {
      namespace: 'demo',
      kind: 'Deployment',
      name: 'web',
      pods: 2,
      serviceAccount: 'default',
      newServiceAccount: {
        name: 'web',
        exists: false,
        roleBindings: ['RoleBinding view (ClusterRole/view)'],
        imagePullSecrets: ['registry'],
        secrets: ['web-token'],
        audiences: ['vault'],
      },
      identities: [
        {
          namespace: 'demo',
          name: 'web',
          clientId: '00000000-0000-4000-8000-000000000002',
          isTrusted: false,
        },
      ],
      seen: {
        sdk: 'azsdk-python-identity',
        version: '1.13.0',
        lastAsked: '2026-11-30T12:00:00Z',
        chosenBy: 'client-id',
      },
      silence: { kind: 'asked', lastAsked: '2026-11-30T12:00:00Z' },
      manager: { kind: 'helm', name: 'web' },
      route: 'proxy',
      state: 'blocked(SaDefault)',
      step: 'planned',
      blockers: [blocker],
      passed: [blocker],
      notes: [{ message: 'Message', hint }],
      next: hint,
      budgets: [
        {
          namespace: 'demo',
          name: 'web',
          selector: { matchLabels: {}, matchExpressions: [] },
          allowed: 1,
        },
      ],
      basis: null,
    },
  ],
  cleaned: [],
  limits: [{ identity: '/subscriptions/S/resourceGroups/G', used: 1, after: 2, most: 20 }],
  unread: [{ what: 'nodes', why: 'Forbidden' }],
  file: {
    apiVersion: 'podid.io/v1',
    kind: 'MigrationPlan',
    cluster: {},
    readFrom: '',
    workloads: [],
  },
};

export const migrationExamples = [migrationView(planned)];

export const statusExamples = [
  statusView({
    ...planned,
    workloads: planned.workloads.map((workload) => ({ ...workload, changed: true })),
    others: [],
    issuerChanged: false,
  }),
];
