import type { IdentityReference } from '../../domain/azure/identity-reference.ts';
import type { EntryKey } from '../../domain/entries/pod-identity.ts';
import type { UsageFaults } from '../usage-faults.ts';
import { checkSelector } from './add-options.ts';
import { entryKey } from './entry-key.ts';
import { type IdentityFlags, identityReference } from './identity-reference.ts';

interface UpdateFlags extends IdentityFlags {
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly bindingSelector: string | undefined;
}

export interface UpdateOptions extends EntryKey {
  readonly identity?: IdentityReference;
  readonly bindingSelector?: string;
}

/** What `podid update` changes of an entry: at least one of the selector and the identity. */
export function updateOptions(flags: UpdateFlags, faults: UsageFaults): UpdateOptions {
  const key = entryKey('identity', flags, faults);
  const { bindingSelector } = flags;
  const identity = identityReference(flags, faults);
  if (bindingSelector !== undefined) {
    checkSelector(faults, bindingSelector);
  }
  const given = flags.identity ?? flags.identityResourceId ?? bindingSelector;
  if (given === undefined) {
    faults.add(
      '--binding-selector',
      'Give --binding-selector, or another managed identity by --identity or --identity-resource-id, or both.',
    );
  }
  return {
    ...key,
    ...(identity === undefined ? {} : { identity }),
    ...(bindingSelector === undefined ? {} : { bindingSelector }),
  };
}
