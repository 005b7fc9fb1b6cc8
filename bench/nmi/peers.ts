import { join } from 'node:path';
import type { AgentWorld } from '../../test/node/agent-world.ts';
import type { BundledPrograms } from '../../test/node/bundled-programs.ts';
import type { Program } from '../../test/node/program.ts';

/** Who answers behind the redirect. All run on the first core; IMDS and the load have the second. */
export interface Peer {
  readonly name: string;
  start(world: AgentWorld): Promise<readonly Program[]>;
}

/** What is measured on new connections is the agent, and not the rule that limits them. */
const extra = ['--new-connections-per-pod=0'];

export const pinned = { server: ['taskset', '-c', '0'], load: ['taskset', '-c', '1'] } as const;

export function peers(programs: BundledPrograms, upstream: string | undefined): readonly Peer[] {
  return [
    { name: 'bare node:http', start: (world) => startBare(world, programs) },
    { name: 'podid', start: async (world) => [await world.startAgent({ through: pinned.server, extra })] },
    ...(upstream === undefined
      ? []
      : [{ name: 'upstream 1.8.17', start: (world: AgentWorld) => startUpstream(world, upstream) }]),
  ];
}

/** `rules` and `serve` as two processes, as the chart runs them. */
export async function startSplit(world: AgentWorld): Promise<readonly Program[]> {
  const through = pinned.server;
  const rules = await world.startAgent({ word: 'rules', through, extra });
  return [rules, await world.startAgent({ word: 'serve', through, user: 10_001 })];
}

async function startBare(world: AgentWorld, programs: BundledPrograms): Promise<readonly Program[]> {
  await installRules(world);
  const [command, ...args] = [...pinned.server, process.execPath, programs.path('bare-server')];
  const server = world.network.node.start(command, args);
  await server.line(/listening/);
  return [server];
}

/** Behind podid's redirect, as the others, on the first core. */
export async function startUpstream(world: AgentWorld, program: string): Promise<readonly Program[]> {
  await installRules(world);
  return [await runUpstream(world, program, pinned.server)];
}

/**
 * Upstream's NMI with the rules that it writes itself. It reads its account from a fixed path and has no kubelet here;
 * a mount namespace and any existing file stand in.
 */
export async function runUpstream(
  world: AgentWorld,
  program: string,
  through: readonly string[] = [],
): Promise<Program> {
  const script = `set -e
mount -t tmpfs none /run
account=/run/secrets/kubernetes.io/serviceaccount
mkdir -p $account
cp '${join(world.folder, 'tls.crt')}' $account/ca.crt
echo none > $account/token
echo kube-system > $account/namespace
exec ${through.join(' ')} '${program}' --node=node-1 --operation-mode=managed --forceNamespaced --http-probe-port=8085 \\
  --kubelet-config=/etc/hostname`;
  const server = world.network.node.start('unshare', ['-m', 'sh', '-c', script], {
    env: { KUBERNETES_SERVICE_HOST: '10.1.0.1', KUBERNETES_SERVICE_PORT: '6443' },
  });
  await world.ready('/healthz');
  return server;
}

async function installRules(world: AgentWorld): Promise<void> {
  const once = await world.startAgent({ word: 'rules', extra: ['--once', ...extra] });
  const code = await once.ended;
  if (code !== 0) {
    throw new Error(`the rules were not installed (${code}): ${once.lines.join('\n')}`);
  }
}
