import type { IdentityReference } from '../../domain/azure/identity-reference.ts';
import type { UsageFaults } from '../usage-faults.ts';
import { type IdentityFlags, identityReference } from './identity-reference.ts';
import { bindingSelectorRule, identityNameRule, namespaceRule } from './kubernetes-names.ts';

export interface AddFlags extends IdentityFlags {
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly bindingSelector: string | undefined;
  /** It is created where its id says, and a name does not say where. */
  readonly createIdentity?: boolean;
}

export interface AddOptions {
  readonly namespace: string;
  /** Absent: derived from the identity's own name. */
  readonly name?: string;
  readonly identity?: IdentityReference;
  readonly bindingSelector?: string;
}

/** The entry that `podid add` asks for. An empty `--name` counts as omitted, as in az. */
export function addOptions(flags: AddFlags, faults: UsageFaults): AddOptions {
  const { namespace = '', bindingSelector } = flags;
  if (flags.namespace !== undefined) {
    faults.check('--namespace', namespace, 'a namespace', namespaceRule);
  }
  const identity = identityReference(flags, faults);
  if (flags.createIdentity && flags.identity !== undefined) {
    faults.add(
      '--create-identity',
      '--create-identity needs --identity-resource-id, which says where the identity is created.',
    );
  }
  if (flags.name) {
    faults.check('--name', flags.name, 'a name of a pod identity', identityNameRule);
  }
  if (bindingSelector !== undefined) {
    checkSelector(faults, bindingSelector);
  } else {
    checkNameAsSelector(faults, flags.name || identity?.name);
  }
  return {
    namespace,
    ...(identity === undefined ? {} : { identity }),
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
