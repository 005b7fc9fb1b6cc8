import { advice, command, type Hint } from '../../errors/hint.ts';
import type { ClusterId } from '../clusters/cluster.ts';
import type { EntryKey } from '../entries/pod-identity.ts';
import { nextCommand } from '../hints/next-command.ts';
import { azIdentityFlags } from '../migrate/workload-commands.ts';

export interface AboutReason extends EntryKey {
  readonly cluster: ClusterId;
  /** Of the managed identity; `''` where the object names none. */
  readonly resourceId: string;
}

/** What to do about a reason of `podid exchange`; undefined where the same command again, or the reason itself, says it. */
export function reasonHint(reason: string, about: AboutReason): Hint | undefined {
  const [code = ''] = reason.split(':');
  const found = hints.find(({ codes }) => codes.test(code));
  return found?.hint(about);
}

const hints: readonly { readonly codes: RegExp; readonly hint: (about: AboutReason) => Hint }[] = [
  {
    codes: /^LimitReached$/,
    hint: ({ resourceId }) =>
      advice`Delete one that nobody needs, or use another managed identity; they are: ${command('az identity federated-credential list', ...azIdentityFlags(resourceId), '-o', 'table')}`,
  },
  {
    codes: /^(?:OtherIdentity|AADSTS700016)$/,
    hint: ({ resourceId }) =>
      advice`Compare with what Azure has: ${command('az identity show --ids', resourceId)}`,
  },
  {
    codes: /^(?:NoClientId|ClientIdDiffers|NoResourceId)$/,
    hint: ({ cluster, ...key }) =>
      advice`${nextCommand('mirror', cluster)}  # where the entry is Azure's; else: ${edit(key)}`,
  },
  { codes: /^(?:NoTenant|BadTenant|BadAnnotation)$/, hint: edit },
  {
    codes: /^IdentityNotFound$/,
    hint: ({ cluster, namespace, name }) =>
      advice`Where nothing needs it any more: ${nextCommand('delete', cluster, { namespace, name })}`,
  },
  {
    codes: /^SaDefault$/,
    hint: ({ cluster, namespace }) =>
      advice`Each workload of it has the two commands, that make an account and have its pods run as it, among what blocks it in ${nextCommand('migrate plan', cluster, { namespace })}`,
  },
  {
    codes: /^SaMissing$/,
    hint: ({ namespace }) => command('kubectl create serviceaccount NAME -n', namespace),
  },
  {
    codes: /^NoWorkload$/,
    hint: ({ namespace }) =>
      advice`Label what is to have it; to see the selectors: ${command('kubectl get azureidentitybindings -n', namespace, '-o', 'yaml')}`,
  },
  {
    codes: /^AADSTS/,
    hint: ({ resourceId }) =>
      advice`What the identity trusts: ${command('az identity federated-credential list', ...azIdentityFlags(resourceId), '-o', 'table')}`,
  },
];

function edit({ namespace, name }: EntryKey): Hint {
  return command('kubectl edit azureidentity', name, '-n', namespace);
}
