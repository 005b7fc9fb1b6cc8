import { credentialOf } from '../../../domain/azure/federated-credential.ts';
import { entryText } from '../../../domain/entries/pod-identity.ts';
import { subjectOf } from '../../../domain/exchange/exchange-cluster.ts';
import { isHeld, release } from '../../../domain/migrate/apply/canary.ts';
import type { LivePod } from '../../../domain/migrate/apply/migration-writes.ts';
import { workloadText } from '../../../domain/migrate/workload-commands.ts';
import {
  clientIdAnnotation,
  proxyAnnotation,
  useLabel,
} from '../../../domain/migrate/workload-identity-words.ts';
import { advice, command } from '../../../errors/hint.ts';
import { changeTemplate } from './change-template.ts';
import { changedSince } from './changed-since.ts';
import type { Move, MoveDeps, MoveFailure } from './move.ts';

/*
 * No write takes a template and what its label stands on at once. So whoever sets the label looks behind it after that
 * write, and whoever takes away what is behind it looks at the label after that one: of two at the same time, at least
 * one sees the other, and takes its own write back.
 */

/**
 * What the label of a workload stands on and is not there, as a sentence has it; undefined: all is.
 *
 * @param issuer of the cluster, to the letter
 */
export async function missingBehind(
  { api, azure, signal }: MoveDeps,
  { workload: { namespace, serviceAccount, identities } }: Move,
  issuer: string,
): Promise<string | undefined> {
  const accounts = await api.migration.serviceAccounts(namespace, signal);
  const account = accounts.find(({ name }) => name === serviceAccount);
  if (!account?.annotations[clientIdAnnotation]) {
    return `the annotation ${clientIdAnnotation} of service account ${namespace}/${serviceAccount}`;
  }
  const subject = subjectOf({ namespace, name: serviceAccount });
  for (const { resourceId, ...identity } of identities) {
    const credentials =
      resourceId === undefined ? [] : await azure.federatedCredentials.list(resourceId, signal);
    if (resourceId !== undefined && credentialOf(credentials, { issuer, subject }) === undefined) {
      return `the federated credential of ${subject} on identity ${entryText(identity)}`;
    }
  }
  return undefined;
}

/** Of what is missing, before the label is written. */
export function takenAway(move: Move, missing: string): MoveFailure {
  return changed(
    `${workloadText(move.workload)} did not get the label ${useLabel}: somebody has taken ${missing} away meanwhile.`,
  );
}

/** A pod that the webhook gave a token for no identity: the account named none when it was made. */
export function withoutIdentity(pods: readonly LivePod[]): LivePod | undefined {
  return pods.find(({ template: { variables } }) => {
    const names = variables.map(({ name }) => name);
    return names.includes('AZURE_FEDERATED_TOKEN_FILE') && !names.includes('AZURE_CLIENT_ID');
  });
}

/**
 * Takes away the label that this migration has given: with the one of pod identity, which is beside it still, its pods are
 * served by the agents.
 *
 * @param why a sentence
 */
export async function takeLabelBack(deps: MoveDeps, move: Move, why: string): Promise<MoveFailure> {
  const { workload } = move;
  if (workload.manager !== undefined) {
    const { kind, namespace, name } = workload;
    const back = command('podid migrate rollback --workload', `${kind}/${name}`, '--namespace', namespace);
    return changed(`${why} The label of ${workloadText(workload)} is not podid's to take back.`, back);
  }
  const failure = await changeTemplate(deps, move, {
    change: {
      templateLabels: { [useLabel]: null },
      ...(workload.route === 'proxy' ? { templateAnnotations: { [proxyAnnotation]: null } } : {}),
    },
    besides: (live) => (isHeld(live) ? release(live) : {}),
    isDone: ({ template }) => !Object.hasOwn(template.labels, useLabel),
    refuse: (live) => changedSince(move, live),
  });
  if (failure !== undefined) {
    return { ...failure, message: `${why} ${failure.message}` };
  }
  move.state = 'annotated';
  return changed(`${why} ${workloadText(workload)} is without the label ${useLabel} again.`);
}

/** Of a template that has lost the label while its pods were awaited. */
export function labelGone({ workload }: Move): MoveFailure {
  return changed(
    `${workloadText(workload)} has lost the label ${useLabel} meanwhile: somebody else takes it back.`,
  );
}

function changed(message: string, next = command('podid migrate plan')): MoveFailure {
  return {
    code: 'Changed',
    message,
    hint: advice`Agree on which way it goes; where it stands: ${next}`,
  };
}
