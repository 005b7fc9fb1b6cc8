// The result in its shape, to try queries on. Loaded where there is a query.
import { command } from '../../errors/hint.ts';
import type { ReportedAccess } from '../../workflows/access/report-access.ts';
import { accessView } from './access-view.ts';

const id =
  '/subscriptions/S/resourceGroups/demo-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web';

const reported: ReportedAccess = {
  cluster: { subscriptionId: '', resourceGroup: 'demo-rg', name: 'demo' },
  at: '2026-11-30T12:00:00.000Z',
  by: 'somebody',
  unread: [{ what: 'pods', why: 'Forbidden' }],
  findings: [
    {
      severity: 'high',
      code: 'NodeUnguarded',
      message: 'Message',
      hint: command('podid nmi status'),
      about: 'aks-1',
    },
  ],
  identities: [
    {
      name: 'web',
      resourceId: id,
      clientId: '00000000-0000-4000-8000-000000000002',
      kind: 'managed-identity',
      objects: ['demo/web'],
      purpose: 'kubelet',
      roles: [{ role: 'Reader', scope: '/subscriptions/S', id: 'R', conditional: true }],
      nodes: ['aks-1'],
      ways: [
        {
          way: 'binding',
          namespace: 'demo',
          who: 'pods with aadpodidbinding=web',
          pods: 1,
          workloads: ['Deployment/web'],
          nodes: ['aks-1'],
          podKeys: ['demo/web-1'],
          accounts: ['demo/web'],
        },
      ],
      unknown: ['federated'],
      lastAsked: '2026-11-30',
    },
  ],
  couldBecome: [
    {
      who: 'Group developers',
      namespace: 'demo',
      rights: ['run pods'],
      via: ['RoleBinding demo/developers'],
    },
  ],
  couldBecomeInAzure: [
    {
      principalId: '00000000-0000-4000-8000-000000000003',
      role: 'Owner',
      scope: '/subscriptions/S',
      rights: ['give such roles'],
    },
  ],
};

export const accessExamples = [accessView(reported)];
