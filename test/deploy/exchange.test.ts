import { describe, expect, it } from 'vitest';
import { entraHosts } from '../../src/domain/azure/entra-hosts.ts';
import { guardObjects, isSameSpec, ownPodsGuard } from '../../src/domain/exchange/exchange-guard.ts';
import { nmiSettings } from '../../src/nmi/nmi-settings.ts';
import { parseAgentInstallation } from '../../src/validate/kubernetes/agent-installation.ts';
import { golden, goldens, type KubeObject, podOf, read } from './renders.ts';

const volumesOf = (objects: readonly KubeObject[]) =>
  podOf(objects).volumes.filter((volume) => JSON.stringify(volume).includes('"audience":'));
const mountsOf = (objects: readonly KubeObject[]) => {
  const { initContainers = [], containers } = podOf(objects);
  return [...initContainers, ...containers].flatMap(({ name, volumeMounts = [] }) =>
    volumeMounts
      .filter((mount) => mount.name === 'exchange-token')
      .map((mount) => ({ container: name, ...mount })),
  );
};

describe("the agent's token for exchange", () => {
  it('is projected with podid.exchange.enabled, where the agent looks for it, into the container that serves alone', () => {
    const objects = golden('everything');
    expect(volumesOf(objects)).toMatchObject([
      {
        name: 'exchange-token',
        projected: {
          sources: [
            {
              serviceAccountToken: {
                path: 'token',
                audience: 'api://AzureADTokenExchangeUSGov',
                expirationSeconds: 3600,
              },
            },
          ],
        },
      },
    ]);
    const { flags } = nmiSettings(['serve', '--node=n1']);
    expect(mountsOf(objects)).toEqual([
      {
        container: 'serve',
        name: 'exchange-token',
        mountPath: flags['exchange-token-file'].replace(/\/token$/, ''),
        readOnly: true,
      },
    ]);
  });

  it.each(goldens.filter((name) => name !== 'everything'))('is nowhere without it: %s', (name) => {
    expect([...volumesOf(golden(name)), ...mountsOf(golden(name))]).toEqual([]);
  });

  it('is what podid sees of the installation, with the default of its identities', () => {
    const agent = golden('everything').find(({ kind }) => kind === 'DaemonSet');
    expect(parseAgentInstallation(agent)?.exchange).toEqual({
      audience: 'api://AzureADTokenExchangeUSGov',
      source: 'exchange',
      subject: 'workload',
      tenantId: '00000000-0000-4000-8000-0000000000aa',
    });
  });
});

describe('what confines an agent that makes tokens of the pods’ own accounts', () => {
  const agent = {
    account: { namespace: 'kube-system', name: 'podid-nmi' },
    audience: 'api://AzureADTokenExchangeUSGov',
  };

  it('is by the chart to the letter what the agent compares it with', () => {
    const rendered = golden('everything');
    for (const { kind, metadata, spec } of guardObjects(ownPodsGuard(agent), {})) {
      const found = rendered.find((each) => each.kind === kind && each.metadata.name === metadata.name);
      expect(found?.spec, kind).toEqual(spec);
      expect(isSameSpec(spec, found?.spec)).toBe(true);
    }
  });

  it.each(goldens.filter((name) => name !== 'everything'))('is nowhere without it: %s', (name) => {
    expect(JSON.stringify(golden(name))).not.toContain('own-pods');
  });
});

describe('the sign-in hosts that the chart takes', () => {
  it("are the agent's", () => {
    const chart = read('deploy/chart/templates/_flags.tpl');
    const [, listed = ''] = /define "podid.entraHosts" -}}\n(.*?)\n{{- end/s.exec(chart) ?? [];
    expect(listed.split('\n')).toEqual([...entraHosts]);
  });
});
