import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 collect early, in place of letting the heap grow to some times of what is in use: for a process that
 * mostly waits, a third of its memory for a few milliseconds of each minute. No limit is set: what is in use may be
 * as much as it is.
 *
 * To be called once the modules are loaded, and before anything much has been allocated. V8 rejects a code cache that was
 * made with other flags, that of Node's own modules as well: whatever is loaded after this call is compiled anew.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=20');
}
