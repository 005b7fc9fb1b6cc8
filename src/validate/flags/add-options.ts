import { managedIdentityType, parseResourceId } from '../../domain/azure/resource-id.ts';
import type { UsageFaults } from '../usage-faults.ts';
import { managedIdentityIdRule } from './azure-names.ts';
import { bindingSelectorRule, identityNameRule, namespaceRule } from './kubernetes-names.ts';

export interface AddFlags {
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly identityResourceId: string | undefined;
  readonly bindingSelector: string | undefined;
}

export interface AddOptions {
  readonly namespace: string;
  /** Absent: derived from the identity's own name. */
  readonly name?: string;
  readonly identityResourceId: string;
  readonly bindingSelector?: string;
}

/** The entry that `podid add` asks for. An empty `--name` counts as omitted, as in az. */
export function addOptions(flags: AddFlags, faults: UsageFaults): AddOptions {
  const { namespace = '', identityResourceId = '', bindingSelector } = flags;
  if (flags.namespace !== undefined) {
    faults.check('--namespace', namespace, 'a namespace', namespaceRule);
  }
  if (flags.identityResourceId !== undefined) {
    faults.check(
      '--identity-resource-id',
      identityResourceId,
      'the id of a managed identity',
      managedIdentityIdRule,
    );
  }
  if (flags.name) {
    faults.check('--name', flags.name, 'a name of a pod identity', identityNameRule);
  }
  if (bindingSelector !== undefined) {
    checkSelector(faults, bindingSelector);
  } else {
    checkNameAsSelector(faults, flags.name || parseResourceId(identityResourceId, managedIdentityType)?.name);
  }
  return {
    namespace,
    identityResourceId,
    ...(flags.name ? { name: flags.name } : {}),
    ...(bindingSelector === undefined ? {} : { bindingSelector }),
  };
}

export function checkSelector(faults: UsageFaults, bindingSelector: string): void {
  faults.check('--binding-selector', bindingSelector, 'a binding selector', bindingSelectorRule);
}

/** Without a selector of its own an entry is bound by its name, and a label's value ends at 63 characters. */
function checkNameAsSelector(faults: UsageFaults, name: string | undefined): void {
  if (name === undefined || name.length <= 63 || identityNameRule(name) !== undefined) {
    return;
  }
  faults.missing(
    '--binding-selector',
    'the name has more than 63 characters and cannot be a pod label, so a shorter one is needed',
  );
}
