// Runs the tests that build nodes and pods out of network namespaces. What they need beyond Node is checked
// first: a missing need is named and the ring counts as skipped, except in CI (CI=true), where nothing may be
// skipped.
import { execFileSync, spawnSync } from 'node:child_process';

const tools = {
  nft: 'nftables',
  iptables: 'iptables',
  'iptables-legacy': 'iptables',
  ip: 'iproute2',
  ss: 'iproute2',
  conntrack: 'conntrack',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  sysctl: 'procps',
  curl: 'curl',
  openssl: 'openssl',
  faketime: 'faketime',
  python3: 'python3',
};

const missing = process.platform === 'linux' ? missingOnLinux() : ['Linux'];
if (missing.length > 0) {
  process.stdout.write(`skipped: the node ring needs ${missing.join(', ')}\n`);
  process.exitCode = process.env.CI === 'true' ? 1 : 0;
} else {
  const { status } = spawnSync(
    'npx',
    ['vitest', 'run', '--project', 'node', '--project', 'node-drills', ...process.argv.slice(2)],
    {
      stdio: 'inherit',
    },
  );
  process.exitCode = status ?? 1;
}

function missingOnLinux() {
  const packages = Object.entries(tools).filter(([tool]) => !runs('sh', ['-c', `command -v ${tool}`]));
  return [
    ...(process.getuid() === 0 ? [] : ['root']),
    ...new Set(packages.map(([tool, name]) => `${tool} (Debian: ${name})`)),
    ...(runs('python3', ['-c', 'import ensurepip, venv'])
      ? []
      : ['python3 with venv (Debian: python3-venv)']),
    ...(process.getuid() !== 0 || runs('unshare', ['--net', 'true'])
      ? []
      : ['the right to make network namespaces']),
  ];
}

function runs(command, args) {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
