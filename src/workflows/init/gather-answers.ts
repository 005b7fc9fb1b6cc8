import { command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { askFeature, askKubenet } from './ask-addon.ts';
import { askCluster } from './ask-cluster.ts';
import { askName, askNamespace, askSelector } from './ask-entry.ts';
import { askGo } from './ask-go.ts';
import { askIdentity, askNewIdentityGroup, askNewIdentityName, askRoles } from './ask-identity.ts';
import { askSubscription } from './ask-subscription.ts';
import { askWay } from './ask-way.ts';
import { answered, backTo, known, nextStep, type Place, type Step, stepBack } from './history.ts';
import { type Decided, decided } from './init-plan.ts';
import type { AskStep, StepEnd, Wizard } from './wizard.ts';

const asking: { readonly [Which in Step]: AskStep<Which> } = {
  subscription: askSubscription,
  cluster: askCluster,
  way: askWay,
  feature: askFeature,
  kubenet: askKubenet,
  identity: askIdentity,
  newIdentityName: askNewIdentityName,
  newIdentityGroup: askNewIdentityGroup,
  roles: askRoles,
  namespace: askNamespace,
  name: askName,
  selector: askSelector,
  go: askGo,
};

/**
 * Goes from step to step, back and forth, until the last one is answered. @throws PodidError Interrupted, and
 * what reading throws
 */
export async function gatherAnswers(wizard: Wizard): Promise<Decided> {
  let place: Place = { history: [] };
  for (;;) {
    const step = nextStep(place);
    if (step === undefined) {
      return decided(known(place));
    }
    const ask: AskAny = asking[step] as AskAny;
    const end = await ask(wizard, known(place), place.before);
    if (end === 'back' && stepBack(place) === undefined) {
      await reportFirst(wizard);
    }
    place = follow(place, end);
  }
}

type AskAny = (wizard: Wizard, known: object, before: unknown) => Promise<StepEnd<unknown>>;

async function reportFirst(wizard: Wizard): Promise<void> {
  const deps = await wizard.open(wizard.given.subscription);
  deps.report.note('This is the first question; Ctrl-C ends.');
}

/** Before the first question there is nothing to go back to, so it is asked again. */
function follow(place: Place, end: StepEnd<unknown>): Place {
  if (end === 'back') {
    return stepBack(place) ?? place;
  }
  if (end !== 'to the cluster') {
    return answered(place, end.value, end.asked);
  }
  const cluster = backTo(place, 'cluster');
  if (cluster !== undefined) {
    return cluster;
  }
  throw new PodidError(
    'Interrupted',
    'The cluster was given by a flag or a variable, and you want another; no operation is running.',
    {
      hint: command('podid init').asItStands(),
    },
  );
}
