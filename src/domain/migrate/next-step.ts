import { advice, type Command, command, type Hint, othersText } from '../../errors/hint.ts';
import { subjectOf } from '../exchange/exchange-cluster.ts';
import { nextCommand } from '../hints/next-command.ts';
import type { Blocker, Route } from './blockers/blocker.ts';
import type { Candidate } from './candidate.ts';
import { type MigrationFacts, readingOr } from './migration-facts.ts';
import type { Step } from './progress.ts';
import type { Silence } from './silence.ts';
import { azIdentityFlags, exchangeCommand, patchTemplate, planAgain } from './workload-commands.ts';
import {
  clientIdAnnotation,
  exchangeAudience,
  proxyAnnotation,
  useLabel,
} from './workload-identity-words.ts';

/**
 * What is to be done next for a workload that nothing holds.
 *
 * @param nameOf of a federated credential, by issuer and subject
 */
export function nextStep(
  candidate: Candidate,
  { route, step, silence }: { readonly route: Route; readonly step: Step; readonly silence: Silence },
  facts: MigrationFacts,
  nameOf: CredentialName,
): Hint {
  const { workload, account } = candidate;
  const { cluster } = facts;
  if (route === 'exchange') {
    return step === 'exchange'
      ? advice`${nextCommand('exchange status', cluster)}`
      : advice`${exchangeCommand(workload.identities)}`;
  }
  switch (step) {
    case 'planned':
      return trustCommand(candidate, facts, nameOf);
    case 'trusted': {
      const clientId = candidate.trusts.find((trust) => trust.clientId !== undefined)?.clientId ?? '';
      const words = [account.target, '-n', workload.namespace, `${clientIdAnnotation}=${clientId}`];
      const { kind, namespace, name } = workload;
      const check = nextCommand('migrate check', cluster, { namespace, workload: `${kind}/${name}` });
      return advice`Prove it: ${check}; then: ${command('kubectl annotate serviceaccount', ...words)}`;
    }
    case 'annotated': {
      const annotations = route === 'proxy' ? { annotations: { [proxyAnnotation]: 'true' } } : {};
      return advice`${patchTemplate(workload, { metadata: { labels: { [useLabel]: 'true' }, ...annotations } })}`;
    }
    case 'dual':
      return watchAgain(silence, planAgain(cluster, workload));
    default: {
      const { kind, namespace, name } = workload;
      const chosen = { namespace, workload: `${kind}/${name}`, until: 'cleaned' };
      return advice`${nextCommand('migrate apply', cluster, chosen)}`;
    }
  }
}

/** What comes next, after what its pods have already, where it does not count as being there. */
export function stillLabelled(
  { template, workload }: Candidate,
  step: Step,
  next: Hint,
  { cluster }: Pick<MigrationFacts, 'cluster'>,
): Hint {
  if (template.labels[useLabel] !== 'true' || step === 'dual' || step === 'moved') {
    return next;
  }
  const { kind, namespace, name } = workload;
  const back = nextCommand('migrate rollback', cluster, { namespace, workload: `${kind}/${name}` });
  return advice`It has the label azure.workload.identity/use already. Back: ${back}; on: ${next}`;
}

const turnedOn: ReadonlySet<string> = new Set(['NoIssuer', 'NoWebhook']);

/** Whether what holds a workload is only what `podid migrate apply` turns on by itself. */
export function isTurnedOn(route: string, blockers: readonly { readonly code: string }[]): boolean {
  return route !== 'exchange' && blockers.length > 0 && blockers.every(({ code }) => turnedOn.has(code));
}

/** What is to be done next for such a workload. */
export function turnOn(
  { workload: { kind, namespace, name } }: Pick<Candidate, 'workload'>,
  blockers: readonly Blocker[],
  { cluster }: Pick<MigrationFacts, 'cluster'>,
): Hint {
  const chosen = { namespace, workload: `${kind}/${name}`, until: 'trusted' };
  const apply = nextCommand('migrate apply', cluster, chosen);
  return blockers.some(({ code }) => code === 'NoIssuer')
    ? advice`podid turns the issuer on, which AKS cannot turn off again, and makes the trust: ${apply}`
    : advice`podid turns the webhook on, and makes the trust: ${apply}`;
}

/** Why a workload that has the label does not count as moved yet. */
function watchAgain(silence: Silence, again: Command): Hint {
  switch (silence.kind) {
    case 'asked':
      return advice`It asked an agent at ${othersText(silence.lastAsked)}. After a day, or a whole run of a CronJob, without: ${again}`;
    case 'watched':
      return advice`Its pods have not asked since ${othersText(silence.since)}. After a day of that: ${again}`;
    case 'unknown':
      return advice`podid cannot tell whether its pods still ask the agents: ${othersText(silence.why)}. Later: ${again}`;
    case 'silent':
      return advice`${again}`;
  }
}

/** The name that podid gives the credential of an issuer and a subject. */
export type CredentialName = (trust: { readonly issuer: string; readonly subject: string }) => string;

function trustCommand(candidate: Candidate, facts: MigrationFacts, nameOf: CredentialName): Hint {
  const { workload, account, trusts } = candidate;
  const issuer = readingOr(facts.issuer, undefined) ?? '';
  const subject = subjectOf({ namespace: workload.namespace, name: account.target });
  const missing = trusts.find(({ isTrusted, resourceId }) => !isTrusted && resourceId !== undefined);
  const words = ['--name', nameOf({ issuer, subject }), ...azIdentityFlags(missing?.resourceId ?? '')];
  const trust = ['--issuer', issuer, '--subject', subject, '--audiences', exchangeAudience];
  const made = command('az identity federated-credential create', ...words, ...trust);
  return candidate.template.labels[useLabel] === 'true'
    ? advice`its new pods get no token until this is done: ${made}`
    : advice`${made}`;
}
