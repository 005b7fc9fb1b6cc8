import { networkInterfaces } from 'node:os';
import { forgetOtherConnections } from './forget-other-connections.ts';
import { iptablesBackend } from './iptables/iptables-backend.ts';
import { localTarget } from './local-target.ts';
import { nftBackend } from './nft/nft-backend.ts';
import { policyRoutes, renderPolicyRules } from './policy-routes.ts';
import type { RedirectOptions, RedirectTarget } from './redirect-options.ts';
import type { InstalledRules } from './rules-backend.ts';
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

export interface InstallResult {
  readonly target: RedirectTarget;
  /** Pods whose connections led elsewhere and were cut. */
  readonly forgotten: number;
}

export interface RedirectRules {
  /**
   * Puts every layer in place, whatever is there, and reads it back.
   * @param alongside nftables text for the same transaction, such as the address guard's table
   * @throws RulesError when the kernel refuses
   */
  install(alongside?: string): Promise<InstallResult>;
  verify(): Promise<RulesState>;
  /** Calls `onChange` whenever the rules may have been touched, until the signal is aborted. */
  follow(signal: AbortSignal, onChange: () => void): void;
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

  const verify = async (): Promise<RulesState> => {
    const [rules, routesIntact, target] = await Promise.all([
      backend.read(),
      routes.intact(wantedRoutes),
      local.current(),
    ]);
    const sameTarget = written !== undefined && written.target.address === target.address;
    return {
      intact: routesIntact && sameTarget && rules?.fingerprint === written?.rules.fingerprint,
      target: written?.target ?? target,
      packets: rules?.packets ?? {},
    };
  };

  /**
   * From the strictest to the most useful: what fails half-way leaves pods without an answer, never with the
   * node's.
   */
  const write = async (alongside: string): Promise<RedirectTarget> => {
    await routes.install(wantedRoutes);
    const target = await local.prepare();
    written = { rules: await backend.install(options, target, alongside), target };
    return target;
  };

  /** All at once, since pods wait for the redirect; each layer alone is enough to keep them from IMDS. */
  const putBack = async (target: RedirectTarget, alongside: string): Promise<RedirectTarget> => {
    const [rules] = await Promise.all([
      backend.install(options, target, alongside),
      routes.install(wantedRoutes),
    ]);
    written = { rules, target };
    return (await local.prepare()).address === target.address ? target : write(alongside);
  };

  const forget = (target: RedirectTarget) =>
    forgetOtherConnections(run, { options, target, nodeAddresses: nodeAddresses() });

  return {
    async install(alongside = '') {
      const target = await (written === undefined ? write(alongside) : putBack(written.target, alongside));
      return { target, forgotten: await forget(target) };
    },
    verify,
    follow: backend.follow,
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
