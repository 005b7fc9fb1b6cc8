import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 collect early, in place of letting the heap grow to some times of what is in use: for a process that
 * mostly waits, a third of its memory for a few milliseconds of each minute. No limit is set: what is in use may be
 * as much as it is. To be called before anything much has been allocated.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=20');
}
