import { advice, command } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import {
  type AskStep,
  asked,
  type Choice,
  fitting,
  type InitDeps,
  settled,
  someone,
  type Wizard,
} from './wizard.ts';

/** Says who is signed in, and asks for the subscription where there is a choice. */
export const askSubscription: AskStep<'subscription'> = async (wizard, _known, before) => {
  const { given, signal } = wizard;
  const deps = await wizard.open(given.subscription);
  deps.report.progress('Reading the subscriptions');
  const { subscriptions } = deps.azure;
  const explain = (error: unknown) => {
    throw signInHelp(wizard, error);
  };
  if (given.subscription !== undefined) {
    const found = await subscriptions.find(given.subscription, signal).catch(explain);
    reportCaller(wizard, deps);
    return settled(found);
  }
  const all = await subscriptions.list(signal).catch(explain);
  reportCaller(wizard, deps);
  const [first, second] = all;
  if (first === undefined) {
    throw nothingVisible(deps.azure.caller());
  }
  if (second === undefined) {
    deps.report.note(`Subscription: ${first.displayName}, the only one that you have access to.`);
    return settled(first);
  }
  const choices = all
    .map((one): Choice<typeof first> => ({ value: one, name: one.displayName, facts: one.subscriptionId }))
    .toSorted((one, other) => one.name.localeCompare(other.name, 'en'));
  const usual = (before?.subscriptionId ?? given.usualSubscription)?.toLowerCase();
  const initial = all.find(
    (one) => one.subscriptionId.toLowerCase() === usual || one.displayName.toLowerCase() === usual,
  );
  if (given.isUsualMeant && initial !== undefined && before === undefined) {
    return { value: initial, asked: true };
  }
  const answer = await someone(wizard).search({
    message: 'Subscription:',
    choices: (typed) => fitting(choices, typed),
    ...(initial === undefined ? {} : { initial }),
  });
  return asked(answer);
};

/** For people the ways to sign in, each with the reason why it failed; of one alone the error itself tells. */
function signInHelp({ questions }: Wizard, error: unknown): unknown {
  if (questions === undefined || !isPodidError(error, 'NotSignedIn') || error.details.length < 2) {
    return error;
  }
  return new PodidError('NotSignedIn', 'You are not signed in to Azure. podid can sign in in these ways:', {
    hint: advice`az login, and then again: ${command('podid init')}`,
    details: error.details,
    cause: error,
  });
}

function reportCaller({ questions }: Wizard, { azure, report }: InitDeps): void {
  if (questions !== undefined) {
    report.note(`Signed in as ${azure.caller()}. Another account: az login`);
  }
}

function nothingVisible(caller: string): PodidError {
  return new PodidError('SubscriptionNotFound', `No subscription is visible to ${caller}.`, {
    hint: advice`Sign in with another account: az login`,
  });
}
