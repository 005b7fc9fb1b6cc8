import type { EntryKey } from '../../domain/entries/pod-identity.ts';
import type { UsageFaults } from '../usage-faults.ts';
import { checkSelector } from './add-options.ts';
import { managedIdentityIdRule } from './azure-names.ts';
import { entryKey } from './entry-key.ts';

interface UpdateFlags {
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly identityResourceId: string | undefined;
  readonly bindingSelector: string | undefined;
}

export interface UpdateOptions extends EntryKey {
  readonly identityResourceId?: string;
  readonly bindingSelector?: string;
}

/** What `podid update` changes of an entry: at least one of the selector and the identity. */
export function updateOptions(flags: UpdateFlags, faults: UsageFaults): UpdateOptions {
  const key = entryKey('identity', flags, faults);
  const { identityResourceId, bindingSelector } = flags;
  if (identityResourceId !== undefined) {
    faults.check(
      '--identity-resource-id',
      identityResourceId,
      'the id of a managed identity',
      managedIdentityIdRule,
    );
  }
  if (bindingSelector !== undefined) {
    checkSelector(faults, bindingSelector);
  }
  if (identityResourceId === undefined && bindingSelector === undefined) {
    faults.add('--binding-selector', 'Give --binding-selector or --identity-resource-id, or both.');
  }
  return {
    ...key,
    ...(identityResourceId === undefined ? {} : { identityResourceId }),
    ...(bindingSelector === undefined ? {} : { bindingSelector }),
  };
}
