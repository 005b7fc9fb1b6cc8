import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { type AgentOptions, type AgentWorld, podEnvironment } from '../../test/node/agent-world.ts';
import type { BundledPrograms } from '../../test/node/bundled-programs.ts';
import type { Program } from '../../test/node/program.ts';

/** Who answers behind the redirect. All run on the first core; IMDS and the load have the second. */
export interface Peer {
  readonly name: string;
  start(world: AgentWorld, options?: StartOptions): Promise<readonly Program[]>;
}

export interface StartOptions {
  /** False: it comes back before it is ready. */
  readonly wait?: boolean;
  /** podid's redirect is there, for those that write none of their own. */
  readonly isRedirected?: boolean;
}

/** What is measured on new connections is the agent, and not the rule that limits them. */
export const unlimited = '--new-connections-per-pod=0';
/** The tests' own agents look each second, so that no test waits for it. */
const usualInterval = '--ipt-update-interval-sec=60';

export const pinned = { server: ['taskset', '-c', '0'], load: ['taskset', '-c', '1'] } as const;

export interface PeerOptions {
  readonly programs: BundledPrograms;
  /** Its NMI; left out where there is none. */
  readonly upstream: string | undefined;
  /** The agents run the same Node as the bench. */
  readonly sharedNode: boolean;
  /** Flags of podid; no limit unless given. */
  readonly limits?: readonly string[];
}

export function peers(options: PeerOptions): readonly Peer[] {
  const { programs, upstream, sharedNode, limits = [unlimited] } = options;
  const through = sharedNode ? pinned.server : withOwnNode(programs);
  const extra = [usualInterval, ...limits];
  return [
    { name: 'bare node:http', start: (world) => startBare(world, programs, through) },
    {
      name: 'podid',
      start: async (world, { wait = true } = {}) => [
        await world.startAgent({ through, extra, wait, inPod: true }),
      ],
    },
    {
      name: 'podid, rules and serve apart',
      start: (world, options) => startSplit(world, { through, extra, ...options }),
    },
    ...(upstream === undefined
      ? []
      : [
          {
            name: 'upstream 1.8.17',
            start: (world: AgentWorld, options?: StartOptions) => startUpstream(world, upstream, options),
          },
        ]),
  ];
}

/**
 * On the first core, with a copy of Node that nothing else on the machine runs: its pages in memory are counted as on
 * a node, where the agent alone has them.
 */
function withOwnNode({ folder }: BundledPrograms): readonly string[] {
  const copy = join(folder, 'node');
  if (!existsSync(copy)) {
    copyFileSync(process.execPath, copy);
  }
  return [...pinned.server, 'sh', '-c', `exec '${copy}' "$@"`];
}

async function startSplit(
  world: AgentWorld,
  { through, extra, wait = true }: StartOptions & Required<Pick<AgentOptions, 'through' | 'extra'>>,
): Promise<readonly Program[]> {
  const rules = await world.startAgent({ word: 'rules', through, extra });
  return [rules, await world.startAgent({ word: 'serve', through, user: 10_001, wait, inPod: true })];
}

/** With the bytes of podid's own answer, which IMDS's would be smaller than. */
async function startBare(
  world: AgentWorld,
  programs: BundledPrograms,
  through: readonly string[],
): Promise<readonly Program[]> {
  const answer = await answerOfPodid(world);
  await installRules(world);
  const [command, ...args] = [...through, process.execPath, programs.path('bare-server'), answer];
  const server = world.network.node.start(command ?? '', args);
  await server.line(/listening/);
  const [own, podids] = [rawAnswer(world), Buffer.from(answer, 'base64url').toString('latin1')];
  if (own.length !== podids.length) {
    throw new Error(`the bare server answers with other bytes than podid:\n${own}\n\n${podids}`);
  }
  return [server];
}

/** Head and body. @returns base64url */
async function answerOfPodid(world: AgentWorld): Promise<string> {
  const agent = await world.startAgent({ extra: [unlimited] });
  rawAnswer(world);
  const answer = rawAnswer(world);
  await agent.stop('SIGKILL');
  return Buffer.from(answer, 'latin1').toString('base64url');
}

function rawAnswer(world: AgentWorld): string {
  const target = 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01';
  const resource = 'resource=https%3A%2F%2Fvault.azure.net';
  return world.bound.run('curl', '-sSi', '-m', '10', '-H', 'Metadata: true', `${target}&${resource}`);
}

/** Behind podid's redirect, as the others, on the first core. */
export async function startUpstream(
  world: AgentWorld,
  program: string,
  { wait = true, isRedirected = false }: StartOptions = {},
): Promise<readonly Program[]> {
  if (!isRedirected) {
    await installRules(world);
  }
  return [await runUpstream(world, program, pinned.server, wait)];
}

/** Upstream's NMI with the rules that it writes itself. It has no kubelet here, and any existing file stands in. */
export async function runUpstream(
  world: AgentWorld,
  program: string,
  through: readonly string[] = [],
  wait = true,
): Promise<Program> {
  const flags = '--node=node-1 --operation-mode=managed --forceNamespaced --http-probe-port=8085';
  const [command = '', ...args] = [...through, program];
  const server = world.network.node.start(
    command,
    [...args, ...flags.split(' '), '--kubelet-config=/etc/hostname'],
    { env: podEnvironment, account: join(world.folder, 'account') },
  );
  if (wait) {
    await world.ready('/healthz');
  }
  return server;
}

async function installRules(world: AgentWorld): Promise<void> {
  const once = await world.startAgent({ word: 'rules', extra: ['--once', unlimited] });
  const code = await once.ended;
  if (code !== 0) {
    throw new Error(`the rules were not installed (${code}): ${once.lines.join('\n')}`);
  }
}
