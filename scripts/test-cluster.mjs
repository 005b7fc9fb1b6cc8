// Runs the tests against a real Kubernetes of one node. What they need beyond Node is checked first: a
// missing need is named and the ring counts as skipped, except in CI (CI=true), where nothing may be skipped.
// The cluster's programs are built where they are missing.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

const tools = {
  containerd: 'containerd',
  ctr: 'containerd',
  runc: 'runc',
  '/usr/lib/cni/bridge': 'containernetworking-plugins',
  '/usr/lib/cni/portmap': 'containernetworking-plugins',
  nft: 'nftables',
  iptables: 'iptables',
  ip: 'iproute2',
  conntrack: 'conntrack',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  sysctl: 'procps',
  pgrep: 'procps',
  curl: 'curl',
  openssl: 'openssl',
  debootstrap: 'debootstrap',
  buildah: 'buildah',
  python3: 'python3',
};

const missing = process.platform === 'linux' ? missingOnLinux() : ['Linux'];
if (missing.length > 0) {
  process.stdout.write(`skipped: the cluster ring needs ${missing.join(', ')}\n`);
  process.exitCode = process.env.CI === 'true' ? 1 : 0;
} else if (!buildPrograms()) {
  process.stdout.write('failed: the programs of the cluster could not be built\n');
  process.exitCode = 1;
} else {
  removeLeftovers();
  process.exitCode = await runTests();
  removeLeftovers();
}

/** Outlives the signals that end the tests, so that what they leave is taken away. */
async function runTests() {
  const args = ['vitest', 'run', '--project', 'cluster', '--project', 'one-node', ...process.argv.slice(2)];
  const tests = spawn('npx', args, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => tests.kill(signal));
  }
  const [status] = await once(tests, 'exit');
  return status ?? 1;
}

function removeLeftovers() {
  runScript('remove');
}

function runScript(name) {
  const { status } = spawnSync('bash', [`test/cluster/one-node/${name}.sh`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return status === 0;
}

function missingOnLinux() {
  const packages = Object.entries(tools).filter(([tool]) => !runs('sh', ['-c', `command -v ${tool}`]));
  return [
    ...(process.getuid() === 0 ? [] : ['root']),
    ...new Set(packages.map(([tool, name]) => `${tool} (Debian: ${name})`)),
    ...(runs('go', ['version']) ? [] : ['go 1.24 or newer']),
    ...(process.getuid() !== 0 || runs('unshare', ['--net', 'true'])
      ? []
      : ['the right to make network namespaces']),
  ];
}

/** The first build downloads some hundred modules, so a network's hiccup is no reason to fail. */
function buildPrograms() {
  for (let attempt = 1; attempt <= 4; attempt += 1) {
    if (['build', 'root-files'].every(runScript)) {
      return true;
    }
    process.stderr.write(`building the programs of the cluster: attempt ${attempt} failed\n`);
  }
  return false;
}

function runs(command, args) {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
