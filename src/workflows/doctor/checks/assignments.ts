import type { Machine } from '../../../domain/azure/machines.ts';
import { counted } from '../../../domain/counted.ts';
import { entryText } from '../../../domain/entries/pod-identity.ts';
import { grantCommand } from '../../../domain/hints/grant-command.ts';
import type { AssignmentEvent } from '../../../domain/standard-mode/controller.ts';
import { advice, command, type Hint } from '../../../errors/hint.ts';
import { type Check, fail, judging, listed, pass, type Verdict, warn } from '../check.ts';
import type { Evidence, StandardEvidence } from '../evidence.ts';
import { readOr } from '../probe.ts';
import { assignmentsInQuestion, isAssigned, type SeenAssignment } from '../standard-mode.ts';

/** A controller decides within a second, and changes a scale set within a minute or so. */
const decidedMs = 60_000;
const usualMs = 5 * 60_000;

/** Whether, in standard mode, the controller has assigned the identities that the pods ask for. */
export const assignments: Check = {
  name: 'assignments',
  behind: ['selector', 'identities', 'controller'],
  judge(evidence) {
    const { standard } = evidence;
    if (standard === undefined) {
      return judging(evidence.agents, () =>
        pass('The agents are in managed mode, which needs no AzureAssignedIdentity.'),
      );
    }
    return judging(standard.assignments, () =>
      judging(evidence.pods, () => judgeAll(evidence, standard, assignmentsInQuestion(evidence, standard))),
    );
  },
};

/** Why a pod has none; the first of them is the one that is told. */
type Cause =
  | { readonly kind: 'refused'; readonly event: AssignmentEvent }
  | { readonly kind: 'busy'; readonly machine: Machine }
  | { readonly kind: 'missing' | 'slow' | 'under-way' };

interface Waiting extends SeenAssignment {
  readonly cause: Cause;
}

const order: readonly Cause['kind'][] = ['refused', 'busy', 'missing', 'slow', 'under-way'];

function judgeAll(evidence: Evidence, standard: StandardEvidence, all: readonly SeenAssignment[]): Verdict {
  const waiting = all
    .filter((seen) => !isAssigned(seen))
    .map((seen): Waiting => ({ ...seen, cause: causeOf(seen, standard) }))
    .sort((a, b) => order.indexOf(a.cause.kind) - order.indexOf(b.cause.kind));
  const [first] = waiting;
  if (first === undefined) {
    return pass(
      all.length === 0
        ? 'No pod here asks for an identity.'
        : `${counted(all.length, 'assignment')} in state Assigned: ${listed(all.map(waitingText))}.`,
    );
  }
  const alike = waiting.filter(({ cause }) => cause.kind === first.cause.kind);
  const others = waiting.length - alike.length;
  const text = `${messageOf(first.cause, listed(alike.map(waitingText)), standard)}${others > 0 ? ` ${counted(others, 'assignment')} more ${others === 1 ? 'waits' : 'wait'} for another reason.` : ''}`;
  return first.cause.kind === 'under-way' ? warn(text) : fail(text, hintOf(first, evidence, standard));
}

/** `demo/web-1 (identity demo/web)`. */
function waitingText({ pod, wanted }: SeenAssignment): string {
  return `${entryText(pod)} (identity ${entryText(wanted.identity.metadata)})`;
}

function causeOf(seen: SeenAssignment, standard: StandardEvidence): Cause {
  const { pod, found, machine } = seen;
  const event = lastEvent(seen, readOr(standard.events, []));
  const sinceMs = Date.parse(found?.metadata.creationTimestamp ?? '') || pod.createdMs;
  const ageMs = standard.readMs - sinceMs;
  const isBusy =
    machine !== undefined && /^(?:updating|creating|migrating)$/i.test(machine.provisioningState);
  if (isBusy && ageMs > decidedMs) {
    return { kind: 'busy', machine };
  }
  if (event !== undefined && !isBusy) {
    return { kind: 'refused', event };
  }
  if (found === undefined) {
    return { kind: ageMs > decidedMs ? 'missing' : 'under-way' };
  }
  return { kind: ageMs > usualMs ? 'slow' : 'under-way' };
}

/** About the pod itself, else about its binding; not of a pod of the same name before. */
function lastEvent(
  { pod, wanted }: SeenAssignment,
  events: readonly AssignmentEvent[],
): AssignmentEvent | undefined {
  const { binding } = wanted;
  const about = events.filter(
    ({ kind, namespace, name, lastMs }) =>
      lastMs >= pod.createdMs - 1000 &&
      (kind === 'Pod'
        ? namespace === pod.namespace && name === pod.name
        : namespace === binding.metadata.namespace && name === binding.metadata.name),
  );
  const newest = about.toSorted((a, b) => b.lastMs - a.lastMs);
  return newest.find(({ kind }) => kind === 'Pod') ?? newest[0];
}

function messageOf(cause: Cause, who: string, { readMs }: StandardEvidence): string {
  switch (cause.kind) {
    case 'refused': {
      const minutes = Math.max(0, Math.round((readMs - cause.event.lastMs) / 60_000));
      return `Without an identity: ${who}. The controller said ${minutes === 0 ? 'just now' : `${counted(minutes, 'minute')} ago`}: ${cause.event.message}`;
    }
    case 'busy':
      return `Without an identity: ${who}. Another operation runs on ${cause.machine.name}, whose state in Azure is ${cause.machine.provisioningState}; the controller waits for its end.`;
    case 'missing':
      return `The controller has written no AzureAssignedIdentity for ${who}.`;
    case 'slow':
      return `Without an identity for more than five minutes, and no reason is known: ${who}. The AzureAssignedIdentity is in state Created.`;
    case 'under-way':
      return `The controller is at work on ${who}.`;
  }
}

function hintOf({ cause, wanted, machine }: Waiting, evidence: Evidence, standard: StandardEvidence): Hint {
  if (cause.kind === 'busy') {
    const { kind, resourceId } = cause.machine;
    const query = ['--ids', resourceId, '--query', 'provisioningState', '-o', 'tsv'];
    return kind === 'vmss' ? command('az vmss show', ...query) : command('az vm show', ...query);
  }
  const code = cause.kind === 'refused' ? rightsCode(cause.event.message) : undefined;
  if (code === 'LinkedAuthorizationFailed') {
    const grant = grantCommand('Managed Identity Operator', 'PRINCIPAL', wanted.resource?.id ?? '');
    return advice`With the object id of what the controller signs in as for PRINCIPAL: ${grant}`;
  }
  if (code === 'AuthorizationFailed') {
    const [group = ''] = (machine?.resourceId ?? wanted.machineId ?? '').split(/\/providers\//i);
    const grant = grantCommand('Virtual Machine Contributor', 'PRINCIPAL', group);
    return advice`With the object id of what the controller signs in as for PRINCIPAL: ${grant}`;
  }
  return logsOf(evidence, standard);
}

/** By Azure's code for a missing right, which both controllers pass on. */
function rightsCode(message: string): string | undefined {
  return /\b(?:Linked)?AuthorizationFailed\b/.exec(message)?.[0];
}

function logsOf({ subject }: Evidence, { controllers }: StandardEvidence): Hint {
  const [first] = readOr(controllers, []);
  return first === undefined
    ? command('kubectl get events', ...(subject.namespace === undefined ? ['-A'] : ['-n', subject.namespace]))
    : command('kubectl logs -n', first.namespace, first.name);
}
