import type { FlagValues } from '../../flags/flag-table.ts';
import { locationRule, principalIdRule } from '../../validate/flags/azure-names.ts';
import { parseCustomHeaders } from '../../validate/flags/custom-headers.ts';
import { durationOf } from '../../validate/flags/duration.ts';
import { parseRoleGrants } from '../../validate/flags/role-grant.ts';
import type { UsageFaults } from '../../validate/usage-faults.ts';
import type { ChangeOptions } from '../../workflows/change/start-change.ts';
import type { IdentityExtras } from '../../workflows/identities/prepare-identity.ts';
import type { identityExtraFlags } from '../flags/file-flags.ts';
import { inClusterMode } from '../flags/mode-flags.ts';
import type { Session } from '../run/session.ts';

/** Flags that only some of the commands have which change something. */
export interface ChangeFlagValues extends WaitFlagValues {
  readonly aksCustomHeaders?: readonly string[] | undefined;
  readonly dryRun?: boolean;
  readonly exitCode?: boolean;
  readonly noWait?: boolean;
  readonly noMirror?: boolean;
  readonly requireMirror?: boolean;
  readonly skipRoleAssignment?: boolean;
  readonly force?: boolean;
  readonly mode?: string | undefined;
}

interface WaitFlagValues {
  readonly timeout?: string | undefined;
  readonly pollInterval?: string | undefined;
}

/** The options that every change has; faults in them are the next `checkUsage`'s to report. */
export function changeOptions(session: Session, flags: ChangeFlagValues): ChangeOptions {
  const { faults, global } = session;
  if (flags.exitCode && !flags.dryRun) {
    faults.add('--exit-code', '--exit-code needs --dry-run.');
  }
  if (flags.noMirror && flags.requireMirror) {
    faults.add('--require-mirror', '--require-mirror and --no-mirror contradict each other.');
  }
  const inCluster = inClusterMode(flags);
  const principal = global.clusterPrincipalId;
  if (principal !== undefined) {
    faults.check('--cluster-principal-id', principal, 'a principal id', principalIdRule);
  }
  return {
    ...waitTimes(session, flags),
    headers: flags.aksCustomHeaders === undefined ? {} : parseCustomHeaders(faults, flags.aksCustomHeaders),
    dryRun: flags.dryRun ?? false,
    noWait: flags.noWait ?? false,
    skipRoleAssignment: inCluster || (flags.skipRoleAssignment ?? false),
    mirror: inCluster || flags.noMirror ? 'off' : flags.requireMirror ? 'required' : 'best-effort',
    force: flags.force ?? false,
    ...(principal === undefined ? {} : { clusterPrincipalId: principal }),
  };
}

/** `--create-identity`, `--location` and `--grant`. */
export function identityExtras(
  flags: FlagValues<typeof identityExtraFlags>,
  faults: UsageFaults,
): IdentityExtras {
  const { createIdentity, location } = flags;
  if (location !== undefined) {
    faults.check('--location', location, 'a region of Azure', locationRule);
    if (!createIdentity) {
      faults.add('--location', '--location goes with --create-identity alone.');
    }
  }
  return {
    ...(createIdentity ? { creation: location === undefined ? {} : { location } } : {}),
    ...(flags.grant === undefined ? {} : { grants: parseRoleGrants(faults, flags.grant) }),
  };
}

/**
 * Whether a change goes to the cluster's own objects: to mirror into them, or because the entries live there.
 */
export function reachesObjects(flags: Pick<ChangeFlagValues, 'mode' | 'noMirror'>): boolean {
  return inClusterMode(flags) || !flags.noMirror;
}

export function waitTimes(
  { context, faults }: Session,
  flags: WaitFlagValues,
): { readonly timeoutMs: number; readonly pollIntervalMs: number } {
  const byVariable = context.env['PODID_POLL_INTERVAL'] || undefined;
  const source = flags.pollInterval === undefined ? 'PODID_POLL_INTERVAL' : '--poll-interval';
  return {
    timeoutMs: durationOf(faults, '--timeout', flags.timeout, 30 * 60_000),
    pollIntervalMs: durationOf(faults, source, flags.pollInterval ?? byVariable, 5000),
  };
}
