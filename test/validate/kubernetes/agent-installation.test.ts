import { describe, expect, it } from 'vitest';
import { parseAgentInstallation } from '../../../src/validate/kubernetes/agent-installation.ts';

function daemonSet(volumes: readonly object[], args: readonly string[] = []): object {
  return {
    metadata: { namespace: 'kube-system', name: 'podid-nmi', labels: {} },
    spec: {
      selector: { matchLabels: { app: 'podid' } },
      template: {
        metadata: { labels: { 'app.kubernetes.io/name': 'podid', 'app.kubernetes.io/component': 'nmi' } },
        spec: {
          serviceAccountName: 'podid-nmi',
          volumes,
          containers: [{ name: 'serve', image: 'podid:1', args }],
        },
      },
    },
  };
}

const ofApi = { name: 'token', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } };
const ofExchange = {
  name: 'exchange',
  projected: {
    sources: [{ serviceAccountToken: { path: 'token', audience: 'api://AzureADTokenExchange' } }],
  },
};

describe('how an agent exchanges tokens', () => {
  it('is not at all where its pods have a token for the API server alone', () => {
    const found = parseAgentInstallation(daemonSet([ofApi, { name: 'x', emptyDir: {} }]));
    expect(found).toMatchObject({ serviceAccount: 'podid-nmi' });
    expect(found).not.toHaveProperty('exchange');
  });

  it('is by the audience of its other token, and as its flags say', () => {
    expect(parseAgentInstallation(daemonSet([ofApi, ofExchange]))?.exchange).toEqual({
      audience: 'api://AzureADTokenExchange',
      source: 'imds',
      subject: 'agent',
      tenantId: '',
    });
    const flags = ['serve', '--exchange-default=exchange', '--exchange-tenant-id', 'tenant-1'];
    expect(parseAgentInstallation(daemonSet([ofExchange], flags))?.exchange).toEqual({
      audience: 'api://AzureADTokenExchange',
      source: 'exchange',
      subject: 'agent',
      tenantId: 'tenant-1',
    });
  });
});
