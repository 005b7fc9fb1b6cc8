import { networkInterfaces } from 'node:os';
import type { NodeAddresses } from '../address-map.ts';
import { followNft } from '../nft/follow-nft.ts';
import { mustRun, RulesError, type RunTool, runTool } from '../run-tool.ts';
import { type NodeLinks, parseLinks } from './bridged-links.ts';
import { type GuardState, inactiveGuard } from './guard-state.ts';
import { type InstalledGuard, parseGuard } from './parse-guard.ts';
import { namesVeths, type Pins, planPins } from './plan-pins.ts';
import { guardTable, renderGuard, renderGuardRemoval, renderPins, setNames } from './render-guard.ts';

/**
 * Keeps each pod on a bridge to its own MAC and addresses. What it writes outlives the process, as the
 * redirect rules do.
 */
export interface AddressGuard {
  /**
   * Makes the table what the records say, and reads it back.
   * @throws RulesError when the kernel refuses
   */
  keep(known: Pick<NodeAddresses, 'results' | 'recorded'>): Promise<GuardState>;
  /**
   * The table as it was last kept, for the transaction that writes the redirect; empty when there is none to
   * keep.
   */
  wholeTable(): string;
  /** Takes the table away; says whether there was one. */
  remove(): Promise<boolean>;
  /** Calls `onChange` whenever the table may have been touched, until the signal is aborted. */
  follow(signal: AbortSignal, onChange: () => void): void;
}

export interface AddressGuardOptions {
  readonly addressGuard: 'auto' | 'off';
  readonly metadataIp: string;
  /** How the redirect is written; the guard has no other way than nftables. */
  readonly backend: 'nft' | 'iptables';
}

export function createAddressGuard(options: AddressGuardOptions, run: RunTool = runTool): AddressGuard {
  return options.addressGuard === 'off' ? switchedOff(run) : new Keeper(options, run);
}

/** A table that an earlier start left behind is no longer kept up to date, and so it is removed. */
function switchedOff(run: RunTool): AddressGuard {
  return {
    async keep() {
      await removeGuard(run);
      return inactiveGuard('The address guard is switched off (--address-guard=off).');
    },
    wholeTable: () => '',
    remove: () => removeGuard(run),
    follow: () => undefined,
  };
}

class Keeper implements AddressGuard {
  readonly #options: AddressGuardOptions;
  readonly #run: RunTool;
  #written: string | undefined;
  /**
   * What was last written and read back. It outlives a failure: a table swept away while it was being changed
   * is wanted still.
   */
  #wanted: Pins | undefined;
  #installs = 0;
  /** The whole table was handed out, and so the old one may have been away. */
  #handedOut = false;
  #quieted: readonly string[] = [];

  constructor(options: AddressGuardOptions, run: RunTool) {
    this.#options = options;
    this.#run = run;
  }

  async keep({ results, recorded }: Pick<NodeAddresses, 'results' | 'recorded'>): Promise<GuardState> {
    const [links, present] = await Promise.all([readLinks(this.#run), readGuard(this.#run)]);
    const why = whyBlind(links, results, recorded);
    if (why !== undefined) {
      this.#wanted = undefined;
      // Without records nothing shows that the table of an earlier start is wrong; with useless ones it
      // would keep everyone from IMDS.
      if (present !== undefined && recorded) {
        await this.remove();
      }
      return inactiveGuard(why);
    }
    await this.#quieten(links, present);
    const bridges = links.bridges.map(({ name }) => name);
    const wanted = planPins({ results, bridges, ...ownOn(links), quieted: this.#quieted });
    const installed = await this.#write(wanted, present, links);
    this.#wanted = wanted;
    if (this.#handedOut) {
      this.#handedOut = false;
      await this.#forgetNeighbours(links.bridges);
    }
    const known = new Set(wanted.veths);
    return {
      active: !areRouted(links, known),
      pods: known.size,
      unknown: links.bridgedVeths.filter((veth) => !known.has(veth)).length,
      putBack: Math.max(0, this.#installs - 1),
      packets: installed.structure.packets,
      ...(areRouted(links, known) && { routed: true, why: routedPods }),
    };
  }

  wholeTable(): string {
    this.#handedOut = this.#wanted !== undefined;
    return this.#wanted === undefined ? '' : renderGuard(this.#wanted, this.#options.metadataIp);
  }

  async remove(): Promise<boolean> {
    this.#written = undefined;
    return removeGuard(this.#run);
  }

  follow(signal: AbortSignal, onChange: () => void): void {
    // The redirect's own monitor reports this table as well.
    if (this.#options.backend === 'iptables') {
      followNft([guardTable], signal, onChange);
    }
  }

  async #write(
    wanted: Pins,
    present: InstalledGuard | undefined,
    { bridges }: NodeLinks,
  ): Promise<InstalledGuard> {
    const stands = present !== undefined && fingerprint(present) === this.#written;
    const changed = stands ? changedSets(present.pins, wanted) : setNames;
    if (stands && changed.length === 0) {
      return present;
    }
    const text = stands ? renderPins(wanted, changed) : renderGuard(wanted, this.#options.metadataIp);
    await mustRun(this.#run, 'nft', ['-f', '-'], { stdin: text });
    const now = await readGuard(this.#run);
    if (
      now === undefined ||
      !isAsWritten(now, stands ? undefined : text) ||
      changedSets(now.pins, wanted).length > 0
    ) {
      throw new RulesError('The address guard was written, but something else was read back.');
    }
    if (!stands) {
      this.#installs += 1;
      this.#written = fingerprint(now);
      await this.#forgetNeighbours(bridges);
    }
    return now;
  }

  /**
   * What a pod may have announced to the node about its neighbours while there was no guard. The true ones
   * are found again by asking.
   */
  async #forgetNeighbours(bridges: NodeLinks['bridges']): Promise<void> {
    for (const { name } of bridges) {
      await this.#run('ip', ['neigh', 'flush', 'dev', name]);
    }
  }

  /** A bridge that learns from LLDP frames lets a pod move its neighbour's MAC, since no hook sees them. */
  async #quieten({ bridges, bridgedVeths }: NodeLinks, present: InstalledGuard | undefined): Promise<void> {
    const loud = bridgedVeths.length === 0 ? [] : bridges.filter(({ learnsLinkLocal }) => learnsLinkLocal);
    for (const { name } of loud) {
      await mustRun(this.#run, 'ip', [
        'link',
        'set',
        'dev',
        name,
        'type',
        'bridge',
        'no_linklocal_learn',
        '1',
      ]);
    }
    const there = new Set(bridges.map(({ name }) => name));
    const noted = [...this.#quieted, ...(present?.pins.quieted ?? []), ...loud.map(({ name }) => name)];
    this.#quieted = [...new Set(noted)].filter((name) => there.has(name));
  }
}

const routedPods = 'The pods are routed, not bridged: the rule on source addresses covers them.';

/** Why no pod could be known; undefined when the records say enough. */
function whyBlind(
  { bridgedVeths }: NodeLinks,
  results: NodeAddresses['results'],
  recorded: boolean,
): string | undefined {
  if (bridgedVeths.length === 0) {
    return undefined;
  }
  if (!recorded) {
    return 'The CNI plugin’s records cannot be read: mount /var/lib/cni/results, or name the folder by --cni-results-dir.';
  }
  return results.length > 0 && !namesVeths(results)
    ? 'The CNI plugin of this node does not write down which veth and MAC a pod has.'
    : undefined;
}

/** No pod is on a bridge, and some are beside one. */
function areRouted({ bridgedVeths, otherVeths }: NodeLinks, known: ReadonlySet<string>): boolean {
  return bridgedVeths.length === 0 && otherVeths.some((veth) => known.has(veth));
}

/** What the node itself is called on its bridges: no unknown veth may pose as the pods' gateway. */
function ownOn({ bridges }: NodeLinks): {
  readonly ownMacs: readonly string[];
  readonly ownAddresses: readonly string[];
} {
  const interfaces = networkInterfaces();
  const addresses = bridges.flatMap(({ name }) => interfaces[name] ?? []).map(({ address }) => address);
  return { ownMacs: bridges.map(({ mac }) => mac).filter((mac) => mac !== ''), ownAddresses: addresses };
}

/**
 * Somebody else's rule may have come in before the table was read back; later readings are not
 * compared with such a table.
 */
function isAsWritten({ structure }: InstalledGuard, text: string | undefined): boolean {
  const rules = structure.rules.length - setNames.length;
  return structure.flags === 'null' && (text === undefined || rules === text.split(' comment "').length - 1);
}

function changedSets(present: Pins, wanted: Pins): readonly (keyof Pins)[] {
  return setNames.filter((name) => present[name].join() !== wanted[name].join());
}

function fingerprint({ structure: { flags, chains, rules } }: InstalledGuard): string {
  return [flags, ...chains, ...rules].join('\n');
}

async function readLinks(run: RunTool): Promise<NodeLinks> {
  return parseLinks(await mustRun(run, 'ip', ['-j', '-d', 'link', 'show']));
}

async function readGuard(run: RunTool): Promise<InstalledGuard | undefined> {
  const { code, stdout } = await run('nft', ['-j', 'list', 'table', guardTable.family, guardTable.name]);
  return code === 0 ? parseGuard(stdout) : undefined;
}

/** The bridges learn again as before, where the table still says which. */
async function removeGuard(run: RunTool): Promise<boolean> {
  const present = await readGuard(run);
  if (present === undefined) {
    return false;
  }
  for (const name of present.pins.quieted) {
    await run('ip', ['link', 'set', 'dev', name, 'type', 'bridge', 'no_linklocal_learn', '0']);
  }
  await mustRun(run, 'nft', ['-f', '-'], { stdin: renderGuardRemoval() });
  return true;
}
