import type { BundledPrograms } from './bundled-programs.ts';
import { type Asked, askedOfImds, startAsking } from './drill.ts';
import { createNodeNetwork, type Host, type NetworkOptions, type NodeNetwork } from './network.ts';
import type { Program } from './program.ts';

/** The client id of the bound pod's identity. */
export const ownIdentity = 'own-identity';

/** One node with a bound pod, an unbound one and an IMDS; the agent is a stand-in, the rules are podid's. */
export interface RulesWorld {
  readonly network: NodeNetwork;
  readonly imds: Program;
  readonly bound: Host;
  readonly unbound: Host;
  keepRules(options?: object): Promise<Program>;
  /** `rules --once` or `rules --remove`. */
  rules(word: 'once' | 'remove', options?: object): Promise<void>;
  startAgent(listenOn?: string): Promise<Program>;
  /** Lets both pods ask while `meanwhile` runs, and counts their answers and IMDS's requests. */
  drill(meanwhile: () => Promise<void>): Promise<Drill>;
}

export interface Drill {
  readonly bound: Asked;
  readonly unbound: Asked;
  readonly imds: Readonly<Record<string, number>>;
}

/** Runs `story` in a world of its own, and takes the world away whatever happens. */
export async function inRulesWorld(
  programs: BundledPrograms,
  options: Partial<NetworkOptions>,
  story: (world: RulesWorld) => Promise<void>,
): Promise<void> {
  const network = createNodeNetwork({ pods: 2, kind: 'bridged', ...options });
  try {
    await story(await rulesWorld(network, programs));
  } finally {
    await network.remove();
  }
}

async function rulesWorld(network: NodeNetwork, programs: BundledPrograms): Promise<RulesWorld> {
  const [bound, unbound] = network.pods as [Host, Host];
  const node = (name: 'stand-in-agent' | 'rules-alone', ...args: readonly string[]) =>
    network.node.start(process.execPath, [programs.path(name), ...args]);
  const imds = network.azure.start(process.execPath, [programs.path('fake-imds'), '0']);
  await imds.line(/listening/);
  return {
    network,
    imds,
    bound,
    unbound,
    async keepRules(options = {}) {
      const kept = node('rules-alone', 'keep', JSON.stringify(options));
      await kept.line(/in place/);
      return kept;
    },
    async rules(word, options = {}) {
      const ran = node('rules-alone', word, JSON.stringify(options));
      const code = await ran.ended;
      if (code !== 0) {
        throw new Error(`rules ${word} ended with ${code}: ${ran.lines.join('\n')}`);
      }
    },
    async startAgent(listenOn = '127.0.0.1') {
      const agent = node('stand-in-agent', bound.address, ownIdentity, listenOn);
      await agent.line(/listening/);
      return agent;
    },
    async drill(meanwhile) {
      const asker = programs.path('asker');
      const asking = await Promise.all([startAsking(bound, asker), startAsking(unbound, asker)]);
      await meanwhile();
      const [ofBound, ofUnbound] = (await Promise.all(asking.map((one) => one.finish()))) as [Asked, Asked];
      return { bound: ofBound, unbound: ofUnbound, imds: askedOfImds(imds) };
    },
  };
}
