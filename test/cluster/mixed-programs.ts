import { join } from 'node:path';
import { type Program, startProgram } from '../node/program.ts';
import type { OneNode } from './one-node.ts';
import type { AzureFiles, MachineWorld } from './standard-mode-azure.ts';
import { writeAzureJson } from './upstream-standard.ts';

export interface MixedPrograms {
  /** Upstream's NMI 1.8.17 or podid's agent, on the node. @param program its path */
  startUpstreamNmi(program: string): Program;
  startAgent(program: string): Program;
  startUpstreamMic(program: string): Program;
  startController(): Program;
}

/**
 * Agents and controllers as processes on the node, each with the same principal and the administrator's kubeconfig, so
 * that upstream's and podid's can be put together at will. All end with this process.
 */
export function mixedPrograms(cluster: OneNode, files: AzureFiles, azure: MachineWorld): MixedPrograms {
  const settings = writeAzureJson(files, azure);
  const start = (environment: Readonly<Record<string, string>>, ...words: readonly string[]) =>
    startProgram(
      'nsenter',
      [`--net=/var/run/netns/${cluster.nodeName}`, 'setpriv', '--pdeathsig=KILL', ...words],
      environment,
    );
  const mic = (...words: readonly string[]) =>
    start(
      {
        AZURE_ENVIRONMENT_FILEPATH: files.cloud,
        MIC_POD_NAMESPACE: 'default',
        FORCENAMESPACED: 'true',
        NODE_EXTRA_CA_CERTS: files.certificate,
        SSL_CERT_FILE: files.certificate,
      },
      ...words,
      ...[`--kubeconfig=${cluster.kubeconfig}`, `--cloudconfig=${settings}`, '--leader-election-duration=4s'],
      ...['--http-probe-port=8481', '--prometheus-port=8482'],
    );
  const nmi = [
    ...[`--node=${cluster.nodeName}`, '--operation-mode=standard', '--forceNamespaced'],
    '--http-probe-port=8085',
  ];
  return {
    startUpstreamMic: (program) => mic(program),
    startController: () => mic(process.execPath, join(import.meta.dirname, '../../bin/podid-mic.js')),
    startAgent: (program) =>
      start({}, process.execPath, program, ...nmi, `--kubeconfig=${cluster.kubeconfig}`),
    // It takes no kubeconfig, but its account from a fixed path; and no kubelet's settings are to be had.
    startUpstreamNmi: (program) =>
      start(
        { KUBERNETES_SERVICE_HOST: '10.1.0.4', KUBERNETES_SERVICE_PORT: '6443' },
        ...['unshare', '-m', 'sh', '-c'],
        `set -e
mount -t tmpfs none /run
account=/run/secrets/kubernetes.io/serviceaccount
mkdir -p $account
cp '${join(cluster.kubeconfig, '../certs/apiserver.crt')}' $account/ca.crt
sed -n 's/.*token: \\([a-z]*\\).*/\\1/p' '${cluster.kubeconfig}' | tr -d '\\n' > $account/token
echo default > $account/namespace
exec '${program}' ${nmi.join(' ')} --kubelet-config=/etc/hostname`,
      ),
  };
}
