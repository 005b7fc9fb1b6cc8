import { namesAddress } from '../earlier-redirects.ts';
import type { RunTool } from '../run-tool.ts';
import { chooseIptables } from './iptables-backend.ts';
import { ownChains } from './render-iptables.ts';

export interface EarlierRulesOptions {
  readonly metadataIp: string;
  readonly metadataPort: number;
}

/** What of one rule says whether it can meet a packet for IMDS, and what becomes of that. */
interface ListedRule {
  /** Its destination is given, and holds the metadata address. */
  readonly names: boolean;
  readonly target: string;
}

/**
 * Rules of iptables' own NAT chains that stand above podid's, name the metadata address, or a range that holds it,
 * and decide about its NAT: a packet meets the first that does. Chains of others are followed where a rule leads a
 * packet for IMDS into them; of kube-proxy's that is the list of the services, and none of their endpoints.
 * @returns `iptables nat CHAIN`, by the chain that the rule stands in
 */
export async function earlierIptablesRules(
  run: RunTool,
  options: EarlierRulesOptions,
): Promise<readonly string[]> {
  try {
    const reader = new ChainReader(run, await chooseIptables(run), options);
    const found: string[] = [];
    for (const { table, name, hook } of ownChains) {
      if (table === 'nat' && hook !== undefined) {
        found.push(...(await reader.above(hook, name)));
      }
    }
    return [...new Set(found)];
  } catch {
    // No iptables, or none that lists: the rules themselves are missing then, which is reported by itself.
    return [];
  }
}

const natTargets = new Set(['DNAT', 'REDIRECT', 'NETMAP', 'ACCEPT']);
/** Enough for every chain that leads on; a loop cannot be written. */
const mostChains = 64;

class ChainReader {
  readonly #run: RunTool;
  readonly #iptables: string;
  readonly #options: EarlierRulesOptions;
  #listed = 0;

  constructor(run: RunTool, iptables: string, options: EarlierRulesOptions) {
    this.#run = run;
    this.#iptables = iptables;
    this.#options = options;
  }

  /** A built-in chain, down to the jump to podid's own. Leaving it ends the table's NAT, as ACCEPT does. */
  async above(hook: string, own: string): Promise<readonly string[]> {
    const rules = await this.#list(hook);
    const at = rules.findIndex(({ target }) => target === own);
    return this.#deciding(hook, rules.slice(0, Math.max(0, at)), new Set([...natTargets, 'RETURN']), false);
  }

  async #deciding(
    chain: string,
    rules: readonly ListedRule[],
    deciding: ReadonlySet<string>,
    isNamed: boolean,
  ): Promise<readonly string[]> {
    const found: string[] = [];
    for (const { names, target } of rules) {
      const named = isNamed || names;
      if (named && deciding.has(target)) {
        found.push(`iptables nat ${chain}`);
      } else if (!otherTargets.has(target) && this.#listed < mostChains) {
        const inside = await this.#list(target);
        found.push(...(await this.#deciding(target, inside, natTargets, named)));
      }
    }
    return found;
  }

  /** The rules that a packet for IMDS can meet. */
  async #list(chain: string): Promise<readonly ListedRule[]> {
    this.#listed += 1;
    const { code, stdout } = await this.#run(this.#iptables, ['-w', '-t', 'nat', '-S', chain]);
    return code === 0 ? stdout.split('\n').flatMap((line) => parseRule(line, this.#options) ?? []) : [];
  }
}

/** Verdicts and extensions after which a packet has no NAT yet; every other word is a chain. */
const otherTargets = new Set(
  ['', 'RETURN', 'DROP', 'MARK', 'CONNMARK', 'LOG', 'NFLOG', 'SNAT', 'MASQUERADE', 'NOTRACK'].concat([
    ...natTargets,
  ]),
);

/** @param line as `iptables -S` prints it @returns undefined where it cannot meet a packet for IMDS */
function parseRule(line: string, { metadataIp, metadataPort }: EarlierRulesOptions): ListedRule | undefined {
  // What stands in quotes is a comment, and may hold anything.
  const words = line.replaceAll(/"(?:\\.|[^"\\])*"/g, '""').split(' ');
  if (words[0] !== '-A') {
    return undefined;
  }
  const valueAfter = (...flags: readonly string[]) => {
    const at = words.findIndex((word) => flags.includes(word));
    return at < 0 ? undefined : { text: words[at + 1] ?? '', isNot: words[at - 1] === '!' };
  };
  const destination = valueAfter('-d', '--dst-range');
  const holds = destination !== undefined && namesAddress(destination.text, metadataIp);
  const meetsPort = (given: ReturnType<typeof valueAfter>) =>
    given === undefined || given.isNot !== holdsPort(given.text, metadataPort);
  const meets =
    (destination === undefined || holds !== destination.isNot) &&
    ['tcp', 'all', undefined].includes(valueAfter('-p')?.text) &&
    valueAfter('--dst-type')?.text !== 'LOCAL' &&
    meetsPort(valueAfter('--dport')) &&
    meetsPort(valueAfter('--dports'));
  return meets
    ? { names: holds && !destination.isNot, target: valueAfter('-j', '-g')?.text ?? '' }
    : undefined;
}

/** `80`, `1:1024`, `80,443,8000:9000`. */
function holdsPort(ports: string, port: number): boolean {
  return ports.split(',').some((range) => {
    const [first = '', last = first] = range.split(':');
    return Number(first) <= port && port <= Number(last === '' ? 65_535 : last);
  });
}
