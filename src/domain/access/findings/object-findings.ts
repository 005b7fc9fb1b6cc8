import { advice, type Hint } from '../../../errors/hint.ts';
import { counted } from '../../counted.ts';
import { nextCommand } from '../../hints/next-command.ts';
import type { Finding, IdentityAccess } from '../access-report.ts';
import { sortedTexts } from '../access-report.ts';
import { watchedByAllSince } from '../last-asked.ts';
import { deleteIdentity, replaceIdentity } from './entry-commands.ts';
import type { FindingFacts } from './finding-facts.ts';
import { someOf } from './node-findings.ts';

/** Silence counts when the agents have watched for so long. */
const silentDays = 14;

/** Of what binds identities to pods: what leads nowhere, and what leads further than it has to. */
export function objectFindings(known: FindingFacts): readonly Finding[] {
  return known.identities.flatMap((identity) => [
    ...goneIdentity(identity, known),
    ...unmatchedLabels(identity, known),
    ...sharedIdentity(identity, known),
    ...silentIdentity(identity, known),
  ]);
}

function goneIdentity(identity: IdentityAccess, { facts }: FindingFacts): readonly Finding[] {
  const { resourceId, name, objects } = identity;
  const state = facts.azure.get(resourceId.toLowerCase())?.state;
  return state?.kind === 'read' && state.value === 'gone'
    ? objects.map((object) => ({
        severity: 'medium',
        code: 'IdentityGone',
        about: object,
        message: `${object} is bound to ${name}, which Azure does not have: whoever makes an identity of that name in its group gives it to these pods.`,
        hint: deleteIdentity(object, facts),
      }))
    : [];
}

function unmatchedLabels(identity: IdentityAccess, { facts }: FindingFacts): readonly Finding[] {
  const bound = boundWays(identity);
  const isIdle =
    bound.length > 0 && bound.every(({ pods, workloads }) => pods === 0 && workloads.length === 0);
  const [object] = identity.objects;
  return isIdle && object !== undefined && !identity.unknown.includes('binding')
    ? [
        {
          severity: 'low',
          code: 'NoPodMatches',
          about: object,
          message: `No pod is bound to ${identity.name}, and no workload makes one that would be: the next that takes its label gets it (${someOf(bound.map(({ who }) => who))}).`,
          hint: advice`Unless somebody starts such pods without a workload: ${deleteIdentity(object, facts)}`,
        },
      ]
    : [];
}

function sharedIdentity(identity: IdentityAccess, { facts }: FindingFacts): readonly Finding[] {
  const namespaces = sortedTexts(boundWays(identity).map(({ namespace }) => namespace));
  const object = identity.objects.find((each) => !each.startsWith(`${namespaces[0]}/`));
  return namespaces.length > 1
    ? [
        {
          severity: 'low',
          code: 'SharedByNamespaces',
          about: identity.resourceId || identity.name,
          message: `${identity.name} is bound in ${counted(namespaces.length, 'namespace')} (${someOf(namespaces)}): each can do what is meant for the others.`,
          hint: separate(object, facts),
        },
      ]
    : [];
}

/** In standard mode one object may be bound by pods of several namespaces. */
function separate(object: string | undefined, facts: FindingFacts['facts']): Hint {
  return object === undefined
    ? advice`Give each an identity of its own: ${nextCommand('list', facts.id)}`
    : replaceIdentity(object, facts);
}

function silentIdentity(identity: IdentityAccess, { facts, nowMs }: FindingFacts): readonly Finding[] {
  const since = watchedByAllSince(facts.seen);
  const watchedDays = since === undefined ? 0 : Math.floor((nowMs - Date.parse(since)) / 86_400_000);
  const [object] = identity.objects;
  const hasPods = boundWays(identity).some(({ pods = 0 }) => pods > 0);
  return object !== undefined &&
    hasPods &&
    identity.lastAsked === undefined &&
    !(watchedDays < silentDays) &&
    !identity.unknown.includes('binding')
    ? [
        {
          severity: 'low',
          code: 'NeverAsked',
          about: object,
          message: `No pod of ${identity.name} has asked for a token in ${counted(watchedDays, 'day')}, for which all agents have watched.`,
          hint: deleteIdentity(object, facts),
        },
      ]
    : [];
}

function boundWays({ ways }: IdentityAccess): IdentityAccess['ways'] {
  return ways.filter(({ way }) => way === 'binding' || way === 'exchange');
}
