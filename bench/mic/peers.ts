import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MicCluster } from '../../test/cluster/mic-cluster.ts';
import { nodeGroup } from '../../test/cluster/mic-cluster.ts';
import { type Program, startProgram } from '../../test/node/program.ts';
import { upstreamMic } from '../nmi/upstream.ts';

/** A controller to be measured. */
export interface Peer {
  readonly name: 'podid' | 'upstream' | 'upstream, tuned';
  /** @param flags besides those that say where things are */
  start(cluster: MicCluster, flags?: readonly string[]): Program;
}

/** podid-mic, upstream's with its own defaults, and upstream's with as many requests a second as podid-mic may send. */
export function peers(root: string): readonly Peer[] {
  const podid: Peer = {
    name: 'podid',
    start: (cluster, flags = []) => startPodid(root, cluster, flags),
  };
  const program = upstreamMic();
  if (program === undefined) {
    return [podid];
  }
  const tuned = ['--clientQps=100', '--createDeleteBatch=100'];
  return [
    podid,
    {
      name: 'upstream, tuned',
      start: (cluster, flags = []) => startUpstream(program, cluster, [...tuned, ...flags]),
    },
    { name: 'upstream', start: (cluster, flags = []) => startUpstream(program, cluster, flags) },
  ];
}

let started = 0;

/** As the chart starts it. */
function startPodid(root: string, cluster: MicCluster, flags: readonly string[]): Program {
  const ports = ['--http-probe-port=0', '--prometheus-port=0', '--probe-address=127.0.0.1'];
  started += 1;
  const argv = [
    join(root, 'bin/podid-mic.js'),
    ...[...ports, '--metrics-address=127.0.0.1', `--leader-election-instance=mic-${started}`],
    `--kubeconfig=${cluster.api.kubeconfig}`,
    `--cloudconfig=${azureFiles(cluster).settings}`,
    ...flags,
  ];
  return endingWithUs(process.execPath, argv, cluster);
}

/** Its ports are any two that nobody has: it does not say which it got. */
function startUpstream(program: string, cluster: MicCluster, flags: readonly string[]): Program {
  started += 1;
  const first = 21_000 + (process.pid % 500) * 40 + started * 2;
  return endingWithUs(
    program,
    [
      `--kubeconfig=${cluster.api.kubeconfig}`,
      `--cloudconfig=${azureFiles(cluster).settings}`,
      `--http-probe-port=${first}`,
      `--prometheus-port=${first + 1}`,
      `--leader-election-instance=mic-${started}`,
      ...flags,
    ],
    cluster,
  );
}

/** However the bench ends. */
function endingWithUs(command: string, argv: readonly string[], cluster: MicCluster): Program {
  return startProgram('setpriv', ['--pdeathsig=KILL', command, ...argv], environmentOf(cluster));
}

function environmentOf(cluster: MicCluster): Record<string, string> {
  const { NODE_EXTRA_CA_CERTS: ca = '' } = cluster.emulator.environment;
  return {
    AZURE_ENVIRONMENT_FILEPATH: azureFiles(cluster).cloud,
    MIC_POD_NAMESPACE: 'default',
    NODE_EXTRA_CA_CERTS: ca,
    SSL_CERT_FILE: ca,
  };
}

/** Both sign in as the same principal, by its secret, at an Azure that these files name. */
function azureFiles({ folder, emulator }: MicCluster): { readonly cloud: string; readonly settings: string } {
  const [cloud, settings] = [join(folder, 'cloud.json'), join(folder, 'azure.json')];
  const [application] = emulator.world.applications.values();
  const endpoint = `${emulator.url}/`;
  writeFileSync(
    cloud,
    JSON.stringify({ name: 'bench', resourceManagerEndpoint: endpoint, activeDirectoryEndpoint: endpoint }),
  );
  const principal = {
    cloud: 'AzureStackCloud',
    tenantId: application?.tenantId,
    subscriptionId: [...emulator.world.subscriptions.keys()][0],
    resourceGroup: nodeGroup,
    aadClientId: application?.appId,
    aadClientSecret: application?.secret,
    vmType: 'vmss',
  };
  writeFileSync(settings, JSON.stringify(principal), { mode: 0o600 });
  return { cloud, settings };
}

/** Of a process, as the kernel has it: the most it ever had, and what it has. */
export function megabytesOf({ pid }: Program): { readonly peak: number; readonly now: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
  return { peak: of('VmHWM'), now: of('VmRSS') };
}
