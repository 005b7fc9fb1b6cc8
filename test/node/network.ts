import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { type Program, startProgram } from './program.ts';

/** One machine of the test: a network namespace of its own. */
export interface Host {
  readonly name: string;
  readonly address: string;
  /** Runs to the end and returns stdout; throws when the exit code is not 0. */
  run(command: string, ...args: readonly string[]): string;
  /** Starts a program that the network ends with it. */
  start(command: string, args: readonly string[], options?: StartOptions): Program;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: number;
  /** It is told things through its stdin. */
  readonly listens?: boolean;
  /** A folder that it finds where the kubelet mounts a pod's service account. */
  readonly account?: string;
}

export interface NodeNetwork {
  /** Answers on 169.254.169.254, and on 10.1.0.1 for the test itself. */
  readonly azure: Host;
  readonly node: Host;
  readonly pods: readonly Host[];
  /** The node's end of a pod's veth pair. */
  vethOf(pod: Host): string;
  remove(): Promise<void>;
}

export interface NetworkOptions {
  readonly pods: number;
  /** `bridged` as with kubenet; `routed`, one host route a pod, as with Azure CNI. */
  readonly kind: 'bridged' | 'routed';
  /** As kube-proxy in iptables mode sets it. */
  readonly routeLocalnet?: boolean;
}

let networks = 0;

/**
 * Lays the veth pairs of one node with its pods, and of Azure behind it. Nothing touches the machine's own
 * network.
 */
export function createNodeNetwork({ pods, kind, routeLocalnet = true }: NetworkOptions): NodeNetwork {
  removeLeftovers();
  networks += 1;
  const prefix = `podid-t${process.pid}-${networks}`;
  const programs: Program[] = [];
  const azure = host(`${prefix}-azure`, '10.1.0.1', programs);
  const node = host(`${prefix}-node`, '10.1.0.4', programs);
  const podHosts = Array.from({ length: pods }, (_, i) =>
    host(`${prefix}-pod${i + 1}`, `10.244.0.${10 + i}`, programs),
  );
  const hosts = [azure, node, ...podHosts];
  for (const { name } of hosts) {
    ip('netns', 'add', name);
    ip('-n', name, 'link', 'set', 'lo', 'up');
  }
  connectAzure(azure, node);
  sysctl(node, 'net.ipv4.ip_forward', 1);
  sysctl(node, 'net.ipv4.conf.all.route_localnet', routeLocalnet ? 1 : 0);
  sysctl(node, 'net.ipv4.conf.default.route_localnet', 0);
  if (kind === 'bridged') {
    ip('-n', node.name, 'link', 'add', 'cbr0', 'type', 'bridge');
    ip('-n', node.name, 'addr', 'add', '10.244.0.1/16', 'dev', 'cbr0');
    ip('-n', node.name, 'link', 'set', 'cbr0', 'up');
  }
  for (const [i, pod] of podHosts.entries()) {
    connectPod(node, pod, `veth${i + 1}`, kind);
    // Older kernels send SYNs again after 1, 3, 7 s; newer ones every second for a while.
    sysctl(pod, 'net.ipv4.tcp_syn_linear_timeouts', 0);
  }
  return {
    azure,
    node,
    pods: podHosts,
    vethOf: (pod) => `veth${podHosts.indexOf(pod) + 1}`,
    async remove() {
      await Promise.all(programs.map((program) => program.stop('SIGKILL')));
      for (const { name } of hosts) {
        ip('netns', 'del', name);
      }
    },
  };
}

function connectAzure(azure: Host, node: Host): void {
  ip('link', 'add', 'eth0', 'netns', node.name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', azure.name);
  ip('-n', node.name, 'addr', 'add', '10.1.0.4/24', 'dev', 'eth0');
  ip('-n', node.name, 'link', 'set', 'eth0', 'up');
  for (const address of ['10.1.0.1/24', '169.254.169.254/32', '168.63.129.16/32']) {
    ip('-n', azure.name, 'addr', 'add', address, 'dev', 'eth0');
  }
  ip('-n', azure.name, 'link', 'set', 'eth0', 'up');
  ip('-n', node.name, 'route', 'add', 'default', 'via', '10.1.0.1');
  ip('-n', azure.name, 'route', 'add', '10.244.0.0/16', 'via', '10.1.0.4');
}

function connectPod(node: Host, pod: Host, veth: string, kind: NetworkOptions['kind']): void {
  ip('link', 'add', veth, 'netns', node.name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', pod.name);
  ip('-n', pod.name, 'link', 'set', 'eth0', 'up');
  if (kind === 'bridged') {
    ip('-n', node.name, 'link', 'set', veth, 'master', 'cbr0', 'up');
    ip('-n', pod.name, 'addr', 'add', `${pod.address}/16`, 'dev', 'eth0');
    ip('-n', pod.name, 'route', 'add', 'default', 'via', '10.244.0.1');
    return;
  }
  ip('-n', node.name, 'link', 'set', veth, 'up');
  sysctl(node, `net.ipv4.conf.${veth}.proxy_arp`, 1);
  sysctl(node, `net.ipv4.neigh.${veth}.proxy_delay`, 0);
  ip('-n', node.name, 'route', 'add', `${pod.address}/32`, 'dev', veth);
  ip('-n', pod.name, 'addr', 'add', `${pod.address}/32`, 'dev', 'eth0');
  ip('-n', pod.name, 'route', 'add', '169.254.1.1', 'dev', 'eth0');
  ip('-n', pod.name, 'route', 'add', 'default', 'via', '169.254.1.1', 'dev', 'eth0');
}

/** Ends what an earlier run left behind when it was killed: namespaces of ours whose test process is gone. */
function removeLeftovers(): void {
  for (const name of netnsNames()) {
    const pid = /^podid-t(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !processLives(Number(pid))) {
      removeLeftover(name);
    }
  }
}

/** Another file of tests may be about it at the same time. */
function removeLeftover(name: string): void {
  try {
    for (const left of ip('netns', 'pids', name).split('\n').filter(Boolean)) {
      process.kill(Number(left), 'SIGKILL');
    }
    ip('netns', 'del', name);
  } catch (error) {
    if (netnsNames().includes(name)) {
      throw error;
    }
  }
}

function netnsNames(): readonly string[] {
  try {
    return readdirSync('/var/run/netns');
  } catch {
    return [];
  }
}

function processLives(pid: number): boolean {
  try {
    readFileSync(`/proc/${pid}/stat`);
    return true;
  } catch {
    return false;
  }
}

function host(name: string, address: string, programs: Program[]): Host {
  const enter = `--net=/var/run/netns/${name}`;
  return {
    name,
    address,
    run: (command, ...args) =>
      execFileSync('nsenter', [enter, command, ...args], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    start(command, args, { env = {}, user, listens = false, account } = {}) {
      const mounted = account === undefined ? [] : ['unshare', '-m', 'sh', '-c', mountAccount, account];
      const as =
        user === undefined
          ? []
          : [
              'setpriv',
              `--reuid=${user}`,
              `--regid=${user}`,
              '--clear-groups',
              '--inh-caps=-all',
              '--bounding-set=-all',
              '--no-new-privs',
            ];
      const program = startProgram('nsenter', [enter, ...mounted, ...as, command, ...args], env, { listens });
      programs.push(program);
      return program;
    },
  };
}

/** The shell's own name is the folder's. */
const mountAccount = `set -e
mount -t tmpfs none /run
mkdir -p /run/secrets/kubernetes.io
ln -s "$0" /run/secrets/kubernetes.io/serviceaccount
exec "$@"`;

function sysctl(on: Host, name: string, value: number): void {
  on.run('sysctl', '-qw', `${name}=${value}`);
}

function ip(...args: readonly string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
