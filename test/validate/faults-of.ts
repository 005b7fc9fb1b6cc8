import { advice } from '../../src/errors/hint.ts';
import { isPodidError } from '../../src/errors/podid-error.ts';
import { UsageFaults } from '../../src/validate/usage-faults.ts';

/** What a check says when all faults are reported at once. */
export function faultsOf(check: (faults: UsageFaults) => unknown): string[] {
  const faults = new UsageFaults();
  check(faults);
  try {
    faults.throwIfAny(() => advice`podid --help`);
    return [];
  } catch (error) {
    if (!isPodidError(error, 'InvalidUsage')) {
      throw error;
    }
    return error.details.map((detail) => detail.message);
  }
}
