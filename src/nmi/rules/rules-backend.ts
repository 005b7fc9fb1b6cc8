import type { RedirectOptions, RedirectTarget } from './redirect-options.ts';

/** How the first two layers get into the kernel: nftables, or iptables where there is no nftables. */
export interface RulesBackend {
  readonly name: 'nft' | 'iptables';
  /**
   * Replaces whatever of podid's is there, without a moment in which nothing is, and reads it back.
   * @param alongside nftables text that must be there whenever the rules are; it goes into the same
   * transaction where there is one
   * @throws RulesError when the kernel refuses, or holds something else right afterwards
   */
  install(options: RedirectOptions, target: RedirectTarget, alongside: string): Promise<InstalledRules>;
  /**
   * What is in the kernel now, in a form that is equal as long as the rules are; undefined when they are
   * gone.
   */
  read(): Promise<InstalledRules | undefined>;
  remove(): Promise<void>;
  /** Calls `onChange` after each change that may have touched the rules, until the signal is aborted. */
  follow(signal: AbortSignal, onChange: () => void): FollowedRules;
}

export interface FollowedRules {
  /** No change goes unreported from here on. */
  readonly isLive: boolean;
}

export interface InstalledRules {
  readonly fingerprint: string;
  /** Packets that each counting rule matched, by the rule's purpose. */
  readonly packets: Readonly<Record<string, number>>;
}
