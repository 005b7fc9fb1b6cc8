import { dirname } from 'node:path/posix';
import type { Rendering } from './agent-names.ts';

/** What the agent sees of its node, and its token. */
export function renderVolumes({ values }: Rendering, keepsRules: boolean): object[] {
  const { podid, nmi } = values;
  const rules = [
    { name: 'heartbeat', emptyDir: { medium: 'Memory', sizeLimit: '16Mi' } },
    fromHost('cni-results', '/var/lib/cni/results'),
    fromHost('cilium-state', '/var/run/cilium/state/globals'),
    ...(podid.rulesBackend === 'iptables'
      ? [fromHost('xtables-lock', '/run/xtables.lock', 'FileOrCreate')]
      : []),
    ...(podid.bootGuard.enabled
      ? [
          fromHost('kubelet-drop-in', '/etc/systemd/system/kubelet.service.d'),
          fromHost('boot-guard', '/etc/podid'),
          fromHost('host-programs', '/usr/sbin', 'Directory'),
        ]
      : []),
  ];
  return [
    tokenVolume,
    ...(podid.exchange.enabled ? [exchangeTokenVolume(podid.exchange.audience)] : []),
    ...(keepsRules ? rules : []),
    ...(nmi.allowNetworkPluginKubenet ? [] : [fromHost('kubelet-config', dirname(nmi.kubeletConfig))]),
    ...extraCaOf(podid).volumes,
  ];
}

/** How a container comes by the certificates of further authorities, which Node reads when it starts. */
export function extraCaOf({ extraCa }: Pick<Rendering['values']['podid'], 'extraCa'>): {
  readonly volumes: readonly object[];
  readonly mounts: readonly object[];
  readonly variables: readonly object[];
} {
  const { configMap, key } = extraCa;
  if (configMap === '') {
    return { volumes: [], mounts: [], variables: [] };
  }
  const name = 'extra-ca';
  return {
    volumes: [{ name, configMap: { name: configMap, items: [{ key, path: 'ca.crt' }] } }],
    mounts: [{ name, mountPath: '/etc/podid/ca', readOnly: true }],
    variables: [{ name: 'NODE_EXTRA_CA_CERTS', value: '/etc/podid/ca/ca.crt' }],
  };
}

/** Mounted where it is used, and nowhere else: as the kubelet would mount it into every container, were that not switched off. */
export const tokenVolume = {
  name: 'token',
  projected: {
    sources: [
      { serviceAccountToken: { path: 'token', expirationSeconds: 3600 } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
    ],
  },
};

/** For Entra alone: it opens no API server, and the account's other token goes nowhere else. */
function exchangeTokenVolume(audience: string): object {
  return {
    name: 'exchange-token',
    projected: { sources: [{ serviceAccountToken: { path: 'token', audience, expirationSeconds: 3600 } }] },
  };
}

function fromHost(name: string, path: string, type = 'DirectoryOrCreate'): object {
  return { name, hostPath: { path, type } };
}
