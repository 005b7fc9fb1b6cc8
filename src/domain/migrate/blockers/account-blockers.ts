import { advice, command, type Hint, joinHints, othersText } from '../../../errors/hint.ts';
import type { Candidate } from '../candidate.ts';
import type { NewAccount } from '../service-account.ts';
import { isPatchable, patchTemplate, workloadText } from '../workload-commands.ts';
import type { Blocker } from './blocker.ts';

/** What is in the way of trusting the workload's service account. */
export function accountBlockers({ workload, account }: Candidate): readonly Blocker[] {
  const { namespace } = workload;
  const { name, proposal, sharedWith, exists } = account;
  if (proposal !== undefined) {
    const own = `${workloadText(workload)} runs as service account ${name}`;
    const why =
      name === 'default'
        ? 'which is that of every pod of the namespace without another'
        : `as ${namesText(sharedWith)} ${sharedWith.length === 1 ? 'does' : 'do'}, with other identities or with none`;
    return [
      {
        code: name === 'default' ? 'SaDefault' : 'SaShared',
        message: `${own}, ${why}; whoever runs as an account can get what the account is trusted for.${keepsText(proposal, name)}`,
        hint: newAccountHint(workload, proposal),
      },
    ];
  }
  return exists === false
    ? [
        {
          code: 'SaMissing',
          message: `${workloadText(workload)} names service account ${name}, which namespace ${namespace} does not have.`,
          hint: advice`${command('kubectl create serviceaccount', name, '-n', namespace)}`,
        },
      ]
    : [];
}

/** What the old account has and the new one needs. */
function keepsText(proposal: NewAccount, old: string): string {
  const { roleBindings, imagePullSecrets, secrets, audiences } = proposal;
  const parts = [
    ...(roleBindings ?? []),
    ...imagePullSecrets.map((each) => `image pull secret ${each}`),
    ...secrets.map((each) => `secret ${each}`),
    ...audiences.map((each) => `tokens for ${each}`),
  ];
  const unread = roleBindings === undefined ? ' Its role bindings could not be read.' : '';
  return parts.length === 0
    ? unread
    : ` ${old} has what ${proposal.name} may need too: ${parts.join(', ')}.${unread}`;
}

function newAccountHint(workload: Candidate['workload'], { name, exists }: NewAccount): Hint {
  const create = exists ? [] : [command('kubectl create serviceaccount', name, '-n', workload.namespace)];
  if (isPatchable(workload)) {
    // Nothing but commands, so that a shell takes the line as it is.
    return joinHints([...create, patchTemplate(workload, { spec: { serviceAccountName: name } })], '; ');
  }
  const use = advice`name ${othersText(name)} as serviceAccountName where its pods are described`;
  return joinHints([...create, use], '; then ');
}

function namesText(names: readonly string[]): string {
  const shown = names.slice(0, 5);
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(' and ');
}
