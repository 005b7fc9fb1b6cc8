import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Program, startProgram } from '../node/program.ts';
import { clusterPrograms } from './cluster-programs.ts';

/**
 * A real API server with nothing behind it: objects, admission and access rules are as in a cluster, but no
 * pod ever runs.
 */
export interface ApiServer {
  /** Path of a kubeconfig of the cluster's administrator. */
  readonly kubeconfig: string;
  readonly url: string;
  /** Runs kubectl as the administrator and returns stdout; throws with stderr when it fails. */
  kubectl(...args: readonly string[]): string;
  /** Ends the server and removes all it wrote. */
  stop(): Promise<void>;
}

/** Of the cluster's administrator, for requests beside kubectl. */
export const adminToken = 'admin-of-a-test';

/** What a cluster is tried on: the Kubernetes of all tests, and the oldest that AKS still supports of the chart's. */
export const apiServers = [
  { version: '1.36', program: 'kube-apiserver' },
  { version: '1.34', program: 'kube-apiserver-older' },
] as const;

/**
 * Starts etcd and kube-apiserver on free ports of loopback, so that several run side by side. Takes about
 * three seconds. Both end with the process that started them, however that ends.
 *
 * @param more flags of kube-apiserver
 */
export async function startApiServer(
  label: string,
  more: readonly string[] = [],
  program: (typeof apiServers)[number]['program'] = 'kube-apiserver',
): Promise<ApiServer> {
  const programs = clusterPrograms();
  const folder = mkdtempSync(join(tmpdir(), `podid-api-${label}-`));
  const [client, peer, secure] = await freePorts(3);
  const url = `https://127.0.0.1:${secure}`;
  const kubeconfig = join(folder, 'admin.kubeconfig');
  writeKeys(folder);
  writeFileSync(join(folder, 'tokens.csv'), `${adminToken},admin,1,system:masters\n`, { mode: 0o600 });
  writeFileSync(kubeconfig, adminKubeconfig(url), { mode: 0o600 });
  const running: Program[] = [];
  const stop = async () => {
    await Promise.all(running.reverse().map((program) => program.stop('SIGKILL')));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    running.push(
      endingWithUs(programs.path('etcd'), [
        `--data-dir=${join(folder, 'etcd')}`,
        `--listen-client-urls=http://127.0.0.1:${client}`,
        `--advertise-client-urls=http://127.0.0.1:${client}`,
        `--listen-peer-urls=http://127.0.0.1:${peer}`,
        `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
        `--initial-cluster=default=http://127.0.0.1:${peer}`,
        '--log-level=error',
      ]),
      endingWithUs(programs.path(program), [
        `--etcd-servers=http://127.0.0.1:${client}`,
        `--cert-dir=${join(folder, 'certs')}`,
        '--bind-address=127.0.0.1',
        '--advertise-address=127.0.0.1',
        '--endpoint-reconciler-type=none',
        `--secure-port=${secure}`,
        '--service-account-issuer=https://kubernetes.default.svc',
        `--service-account-key-file=${join(folder, 'sa.pub')}`,
        `--service-account-signing-key-file=${join(folder, 'sa.key')}`,
        '--authorization-mode=RBAC',
        `--token-auth-file=${join(folder, 'tokens.csv')}`,
        '--service-cluster-ip-range=10.0.0.0/24',
        '--allow-privileged',
        ...more,
      ]),
    );
    const kubectl = (...args: readonly string[]) =>
      execFileSync(programs.path('kubectl'), ['--kubeconfig', kubeconfig, ...args], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    await untilReady(kubectl, running);
    return { kubeconfig, url, kubectl, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function endingWithUs(command: string, args: readonly string[]): Program {
  return startProgram('setpriv', ['--pdeathsig=KILL', command, ...args], {});
}

async function untilReady(kubectl: ApiServer['kubectl'], running: readonly Program[]): Promise<void> {
  const giveUpMs = performance.now() + 120_000;
  const ended = { yes: false };
  for (const program of running) {
    void program.ended.then(() => {
      ended.yes = true;
    });
  }
  for (;;) {
    try {
      kubectl('get', '--raw', '/readyz');
      kubectl('get', 'namespace', 'default', 'kube-system');
      return;
    } catch (error) {
      if (ended.yes || performance.now() > giveUpMs) {
        const said = running.flatMap(({ lines }) => lines.slice(-20)).join('\n');
        throw new Error(`The API server did not come up:\n${said}`, { cause: error });
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function writeKeys(folder: string): void {
  const openssl = (...args: readonly string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  openssl('genrsa', '-out', 'sa.key', '2048');
  openssl('rsa', '-in', 'sa.key', '-pubout', '-out', 'sa.pub');
}

function adminKubeconfig(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'admin', user: { token: adminToken } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
    'current-context': 'test',
  });
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.on('error', reject).listen(0, '127.0.0.1', () => {
            const address = server.address();
            resolve(typeof address === 'object' && address !== null ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
