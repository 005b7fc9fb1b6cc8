import type { FlagTable } from '../../flags/flag-table.ts';
import { readChoice } from '../../flags/read-flags.ts';
import type { UsageFaults } from '../../validate/usage-faults.ts';
import { type GivenFlags, modeFlag } from '../flags/mode-flags.ts';

/** What PODID_MODE says where a command has the flag and it was not given; undefined: nothing. */
export function modeOfEnvironment(
  flags: FlagTable,
  given: GivenFlags,
  env: Readonly<Record<string, string | undefined>>,
  faults: UsageFaults,
): string | undefined {
  const mode = env['PODID_MODE'] || undefined;
  if (mode === undefined || given['mode'] !== undefined || flags['mode']?.variable !== 'PODID_MODE') {
    return undefined;
  }
  return readChoice('PODID_MODE', mode, modeFlag.mode.choices, faults);
}
