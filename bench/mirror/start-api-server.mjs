import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** etcd and kube-apiserver on free ports of loopback, which end with this process. @param programs the folder they are in */
export async function startApiServer(programs, folder) {
  const [client, peer, secure] = [await freePort(), await freePort(), await freePort()];
  const kubeconfig = join(folder, 'kubeconfig');
  execFileSync('openssl', ['genrsa', '-out', join(folder, 'sa.key'), '2048'], { stdio: 'ignore' });
  await writeFile(join(folder, 'tokens.csv'), 'bench,admin,1,system:masters\n', { mode: 0o600 });
  await writeFile(kubeconfig, config(`https://127.0.0.1:${secure}`), { mode: 0o600 });
  const running = [
    start(join(programs, 'etcd'), [
      `--data-dir=${join(folder, 'etcd')}`,
      `--listen-client-urls=http://127.0.0.1:${client}`,
      `--advertise-client-urls=http://127.0.0.1:${client}`,
      `--listen-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-cluster=default=http://127.0.0.1:${peer}`,
      '--log-level=error',
    ]),
    start(join(programs, 'kube-apiserver'), [
      `--etcd-servers=http://127.0.0.1:${client}`,
      `--cert-dir=${join(folder, 'certs')}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      '--endpoint-reconciler-type=none',
      `--secure-port=${secure}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${join(folder, 'sa.key')}`,
      `--service-account-signing-key-file=${join(folder, 'sa.key')}`,
      '--authorization-mode=RBAC',
      `--token-auth-file=${join(folder, 'tokens.csv')}`,
      '--service-cluster-ip-range=10.0.0.0/24',
    ]),
  ];
  const stop = async () => {
    for (const child of running.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'close');
      child.kill('SIGKILL');
      await ended;
    }
  };
  const giveUpMs = Date.now() + 120_000;
  while (!isReady(join(programs, 'kubectl'), kubeconfig)) {
    if (Date.now() > giveUpMs) {
      await stop();
      throw new Error('The API server did not come up.');
    }
    await sleep(200);
  }
  return { kubeconfig, stop };
}

function start(program, args) {
  return spawn('setpriv', ['--pdeathsig=KILL', program, ...args], { stdio: 'ignore' });
}

function isReady(kubectl, kubeconfig) {
  try {
    execFileSync(kubectl, ['--kubeconfig', kubeconfig, 'get', '--raw', '/readyz'], { stdio: 'ignore' });
    execFileSync(kubectl, ['--kubeconfig', kubeconfig, 'get', 'namespace', 'default'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function config(server) {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'bench', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'bench', user: { token: 'bench' } }],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
    'current-context': 'bench',
  });
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
