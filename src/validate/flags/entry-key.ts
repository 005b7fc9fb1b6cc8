import type { EntryKey } from '../../domain/entries/pod-identity.ts';
import type { UsageFaults } from '../usage-faults.ts';
import { exceptionNameRule, identityNameRule, namespaceRule } from './kubernetes-names.ts';

interface KeyFlags {
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

/** The key of an identity or an exception; flags that are missing are reported by the parser. */
export function entryKey(kind: 'identity' | 'exception', flags: KeyFlags, faults: UsageFaults): EntryKey {
  const { namespace = '', name = '' } = flags;
  if (flags.namespace !== undefined) {
    faults.check('--namespace', namespace, 'a namespace', namespaceRule);
  }
  if (flags.name !== undefined) {
    if (kind === 'identity') {
      faults.check('--name', name, 'a name of a pod identity', identityNameRule);
    } else {
      faults.check('--name', name, 'a name of an exception', exceptionNameRule);
    }
  }
  return { namespace, name };
}

/** Of an exception to be added, which may be without a name; an empty one counts as omitted, as in az. */
export function newExceptionKey(
  { namespace, name }: KeyFlags,
  faults: UsageFaults,
): { readonly namespace: string; readonly name?: string } {
  const key = entryKey('exception', { namespace, name: name || undefined }, faults);
  return name ? key : { namespace: key.namespace };
}

/** The namespace that a list is narrowed to. */
export function namespaceFilter(
  namespace: string | undefined,
  faults: UsageFaults,
): { readonly namespace?: string } {
  if (namespace === undefined) {
    return {};
  }
  return { namespace: faults.check('--namespace', namespace, 'a namespace', namespaceRule) };
}
