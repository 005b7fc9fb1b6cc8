import { mustRun, type RunTool } from './run-tool.ts';

/**
 * Marks podid's own policy rules among all others; unused in /etc/iproute2/rt_protos and by the IANA list of
 * 2026.
 */
export const ownProtocol = '225';
/** RTN_BLACKHOLE of <linux/rtnetlink.h>, as `ip -N` prints it. */
const blackhole = '6';

/** One `ip rule`, as far as podid writes it. */
export interface PolicyRule {
  readonly priority: number;
  readonly dst: string;
  readonly iif?: string;
  readonly action: 'main' | 'blackhole';
}

/**
 * Layer three, which outlives `nft flush ruleset`: packets of pods find no way to IMDS, the node itself goes
 * on as before. A black hole and no `prohibit`, so that a SYN is sent again instead of failing; routing is
 * decided before the `forward` hook, hence this layer answers first whenever the redirect is gone. The
 * redirect itself changes the destination before any route is looked up.
 */
export function renderPolicyRules(metadataIp: string): readonly PolicyRule[] {
  return [
    { priority: 5, dst: metadataIp, iif: 'lo', action: 'main' },
    { priority: 6, dst: metadataIp, action: 'blackhole' },
  ];
}

/** podid's own rules among what `ip -j -N rule list` prints. */
export function parsePolicyRules(listing: string): readonly PolicyRule[] {
  const rules = JSON.parse(listing) as readonly {
    readonly priority: number;
    readonly dst?: string;
    readonly iif?: string;
    readonly action?: string;
    readonly protocol?: string;
  }[];
  return rules
    .filter(({ protocol }) => protocol === ownProtocol)
    .map(({ priority, dst, iif, action }) => ({
      priority,
      dst: dst ?? 'all',
      ...(iif !== undefined && { iif }),
      action: action === blackhole ? 'blackhole' : 'main',
    }));
}

export interface PolicyRoutes {
  /** Adds what is missing, then deletes what is too many. Returns whether anything changed. */
  install(wanted: readonly PolicyRule[]): Promise<boolean>;
  intact(wanted: readonly PolicyRule[]): Promise<boolean>;
}

export function policyRoutes(run: RunTool): PolicyRoutes {
  const list = async () => parsePolicyRules(await mustRun(run, 'ip', ['-4', '-j', '-N', 'rule', 'list']));
  return {
    async install(wanted) {
      const present = await list();
      const missing = wanted.filter((rule) => !present.some((other) => same(rule, other)));
      const extra = present.filter((rule) => !wanted.some((other) => same(rule, other)));
      for (const rule of missing) {
        await mustRun(run, 'ip', ['-4', 'rule', 'add', ...words(rule)]);
      }
      for (const rule of extra.toReversed()) {
        await mustRun(run, 'ip', ['-4', 'rule', 'del', ...words(rule)]);
      }
      return missing.length + extra.length > 0;
    },
    async intact(wanted) {
      const present = await list();
      return wanted.every((rule) => present.some((other) => same(rule, other)));
    },
  };
}

function words({ priority, dst, iif, action }: PolicyRule): readonly string[] {
  return [
    ...['pref', String(priority)],
    ...(iif === undefined ? [] : ['iif', iif]),
    ...['to', dst],
    ...(action === 'main' ? ['lookup', 'main'] : ['blackhole']),
    ...['protocol', ownProtocol],
  ];
}

function same(one: PolicyRule, other: PolicyRule): boolean {
  return (
    one.priority === other.priority &&
    one.dst === other.dst &&
    one.iif === other.iif &&
    one.action === other.action
  );
}
