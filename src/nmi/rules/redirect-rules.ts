import { networkInterfaces } from 'node:os';
import { forgetOtherConnections } from './forget-other-connections.ts';
import { iptablesBackend } from './iptables/iptables-backend.ts';
import { localTarget } from './local-target.ts';
import { nftBackend } from './nft/nft-backend.ts';
import { policyRoutes, renderPolicyRules } from './policy-routes.ts';
import type { RedirectOptions, RedirectTarget } from './redirect-options.ts';
import type { FollowedRules, InstalledRules } from './rules-backend.ts';
import { type RunTool, runTool } from './run-tool.ts';

/** What is true of the rules at one moment. */
export interface RulesState {
  /** Every layer is in the kernel exactly as it was written. */
  readonly intact: boolean;
  /** Where pods are sent; the server must listen there. */
  readonly target: RedirectTarget;
  /** Packets by the rule's purpose: the redirected, the dropped, the held. */
  readonly packets: Readonly<Record<string, number>>;
}

export interface RedirectRules {
  /**
   * Puts every layer in place, whatever is there, and reads it back.
   * @param alongside nftables text for the same transaction, such as the address guard's table
   * @throws RulesError when the kernel refuses
   */
  install(alongside?: string): Promise<RulesState>;
  /**
   * Cuts connections that led elsewhere before the rules came; to be called after each `install`.
   * @returns of how many pods
   */
  forgetOthers(): Promise<number>;
  /** Reads them back; before the first `install` there is nothing to compare with, and nothing is read. */
  verify(): Promise<RulesState>;
  /** Reads back what no message of the kernel reports: the third layer, and where pods are to be sent. */
  verifyUnreported(): Promise<boolean>;
  /** Calls `onChange` whenever the rules may have been touched, until the signal is aborted. */
  follow(signal: AbortSignal, onChange: () => void): void;
  /** The kernel reports each change of the tables at this moment. */
  readonly isFollowed: boolean;
  /** The only thing that takes the rules away. */
  remove(): Promise<void>;
}

/**
 * The redirect to the agent and the layers behind it. They outlive the process that wrote them, on purpose.
 */
export function createRedirectRules(options: RedirectOptions, run: RunTool = runTool): RedirectRules {
  const backend = options.backend === 'nft' ? nftBackend(run) : iptablesBackend(run);
  const routes = policyRoutes(run);
  const wantedRoutes = renderPolicyRules(options.metadataIp);
  const local = localTarget(options, run);
  let written: { rules: InstalledRules; target: RedirectTarget } | undefined;
  let followed: FollowedRules | undefined;

  const verifyUnreported = async (): Promise<boolean> => {
    const [routesIntact, target] = await Promise.all([routes.intact(wantedRoutes), local.current()]);
    return routesIntact && written?.target.address === target.address;
  };

  const verify = async (): Promise<RulesState> => {
    if (written === undefined) {
      return { intact: false, target: await local.current(), packets: {} };
    }
    const [rules, unreportedIntact] = await Promise.all([backend.read(), verifyUnreported()]);
    return {
      intact: unreportedIntact && rules?.fingerprint === written.rules.fingerprint,
      target: written.target,
      packets: rules?.packets ?? {},
    };
  };

  /**
   * From the strictest to the most useful: what fails half-way leaves pods without an answer, never with the
   * node's.
   */
  const write = async (alongside: string): Promise<RulesState> => {
    await routes.install(wantedRoutes);
    const target = await local.prepare();
    const rules = await backend.install(options, target, alongside);
    written = { rules, target };
    return { intact: true, target, packets: rules.packets };
  };

  /** All at once, since pods wait for the redirect; each layer alone is enough to keep them from IMDS. */
  const putBack = async (target: RedirectTarget, alongside: string): Promise<RulesState> => {
    const [rules] = await Promise.all([
      backend.install(options, target, alongside),
      routes.install(wantedRoutes),
    ]);
    written = { rules, target };
    return (await local.prepare()).address === target.address
      ? { intact: true, target, packets: rules.packets }
      : write(alongside);
  };

  return {
    install: (alongside = '') =>
      written === undefined ? write(alongside) : putBack(written.target, alongside),
    forgetOthers: async () =>
      written === undefined
        ? 0
        : forgetOtherConnections(run, {
            options,
            target: written.target,
            nodeAddresses: nodeAddresses(),
          }),
    verify,
    verifyUnreported,
    follow: (signal, onChange) => {
      followed = backend.follow(signal, onChange);
    },
    get isFollowed() {
      return followed?.isLive === true;
    },
    async remove() {
      await backend.remove();
      await local.remove();
      await routes.install([]);
      written = undefined;
    },
  };
}

function nodeAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((entries) =>
    (entries ?? []).map(({ address }) => address),
  );
}
