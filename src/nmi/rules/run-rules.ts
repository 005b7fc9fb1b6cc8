import type { Clock } from '../../domain/time/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import { isLoopback } from '../cluster/pod-index.ts';
import type { NmiSettings } from '../nmi-settings.ts';
import { addressMap } from './address-map.ts';
import { diagnoseNode } from './diagnose-node.ts';
import { type AddressGuard, type AddressGuardOptions, createAddressGuard } from './guard/address-guard.ts';
import { type Heartbeat, nodeUptimeMs, writeHeartbeat } from './heartbeat.ts';
import { keepRules } from './keep/keep-rules.ts';
import { readNodeFacts } from './read-node-facts.ts';
import type { RedirectOptions } from './redirect-options.ts';
import { createRedirectRules } from './redirect-rules.ts';
import { type RunTool, runTool, runToolAtOnce } from './run-tool.ts';
import { listRules } from './text/list-rules.ts';
import { keepRulesText, type RulesText } from './text/rules-text.ts';

/** What `--once` and `--remove` need. */
export interface PlaceRulesOptions extends RedirectOptions, AddressGuardOptions {
  /** `/var/lib/cni/results`, or where it is mounted. */
  readonly cniResultsDir: string;
}

export interface RunRulesOptions extends PlaceRulesOptions {
  /** `--ipt-update-interval-sec` in milliseconds. */
  readonly intervalMs: number;
  /** Numeric user that may listen on the agent's port; undefined when any may. */
  readonly serverUser?: number;
}

export interface RunRulesPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Takes each heartbeat: `heartbeatFile(path)`, or the server itself when it runs in the same process. */
  publish(heartbeat: Heartbeat): Promise<void>;
  /** Takes the rules as the kernel has them, for people; absent where nobody would read them. */
  readonly text?: Pick<RulesText, 'put'>;
  /** The process has nothing else to do until the rules are first written. */
  readonly isAlone?: boolean;
}

/** The word `rules`: installs, follows and puts back until the signal is aborted. The rules stay. */
export function runRules(options: RunRulesOptions, ports: RunRulesPorts, signal: AbortSignal): Promise<void> {
  const { text } = ports;
  const list = () => listRules(runTool, options.backend);
  const keepText = text === undefined ? () => undefined : keepRulesText({ ...ports, text, list, signal });
  let isFirst = ports.isAlone === true;
  const run: RunTool = (...tool) => (isFirst ? runToolAtOnce : runTool)(...tool);
  return keepRules(
    {
      ...ports,
      publish: (heartbeat) => {
        isFirst = false;
        return ports.publish(heartbeat);
      },
      rules: createRedirectRules(options, run),
      addresses: addressMap(options.cniResultsDir),
      guard: createAddressGuard(options, run),
      diagnose: async (target, addresses) => {
        const hostPortPods = addresses.hostPortPods(options.port);
        return diagnoseNode(await readNodeFacts(run, options, { target, hostPortPods }));
      },
      uptimeMs: nodeUptimeMs,
      onReadBack: (isNews) => {
        isFirst = false;
        keepText(isNews);
      },
    },
    options,
    signal,
  );
}

/**
 * `rules --once`: installs and comes back.
 * @throws RulesError
 */
export async function installRulesOnce(options: PlaceRulesOptions, logger: Logger): Promise<void> {
  const guard = createAddressGuard(options, runToolAtOnce);
  await placeGuardOnce(guard, options, logger);
  const rules = createRedirectRules(options, runToolAtOnce);
  const { target } = await rules.install(guard.wholeTable());
  const forgotten = await rules.forgetOthers();
  logger.info({ target, forgotten }, 'the redirect rules are in place');
}

/**
 * `rules --remove`: the only way to take the rules and the address guard away.
 * @throws RulesError
 */
export async function removeRules(options: PlaceRulesOptions, logger: Logger): Promise<void> {
  await createRedirectRules(options).remove();
  logger.info({}, 'the redirect rules are removed');
  const wasThere = await createAddressGuard(options).remove();
  logger.info({}, wasThere ? 'the address guard is removed' : 'there was no address guard to remove');
}

/** A kernel without the bridge family gets the redirect all the same. */
async function placeGuardOnce(
  guard: AddressGuard,
  options: PlaceRulesOptions,
  logger: Logger,
): Promise<void> {
  try {
    const known = await addressMap(options.cniResultsDir).read();
    const { packets: _counted, ...facts } = await guard.keep(known);
    logger.info(facts, facts.active ? 'the address guard is in place' : 'there is no address guard');
  } catch (error) {
    logger.error({ error: String(error) }, 'the address guard could not be written');
  }
}

/** Publishes into a file that the server's container mounts too. */
export function heartbeatFile(path: string): (heartbeat: Heartbeat) => Promise<void> {
  return (heartbeat) => writeHeartbeat(path, heartbeat);
}

/** The settings, as the rules room takes them. */
export function rulesOptions({ flags, serverUser }: NmiSettings): RunRulesOptions {
  return {
    listenAddress: flags['nmi-listen-address'],
    port: flags['nmi-port'],
    metadataIp: flags['metadata-ip'],
    metadataPort: flags['metadata-port'],
    blockWireserver: flags['block-wireserver'],
    newConnectionsPerSec: flags['new-connections-per-pod'],
    ...sidePorts(flags),
    backend: flags['rules-backend'] === 'iptables' ? 'iptables' : 'nft',
    intervalMs: flags['ipt-update-interval-sec'] * 1000,
    addressGuard: flags['address-guard'] === 'off' ? 'off' : 'auto',
    cniResultsDir: flags['cni-results-dir'],
    ...(serverUser === undefined ? {} : { serverUser }),
  };
}

/** Of what listens on more than the loopback address: whether others than the node itself reach it. */
function sidePorts(flags: NmiSettings['flags']): Pick<RedirectOptions, 'closedPorts' | 'openPorts'> {
  const sides = [
    { port: flags['prometheus-port'], address: flags['metrics-address'], isOpen: flags['open-metrics'] },
    { port: flags['http-probe-port'], address: flags['probe-address'], isOpen: flags['open-probes'] },
  ].filter(({ port, address }) => port > 0 && !isLoopback(address));
  const portsOf = (open: boolean) => sides.filter(({ isOpen }) => isOpen === open).map(({ port }) => port);
  return { closedPorts: portsOf(false), openPorts: portsOf(true) };
}
