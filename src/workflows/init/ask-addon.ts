import { kubenetConsentMissing } from '../../domain/clusters/check-cluster.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import { isKubenet } from '../../domain/clusters/cluster-kind.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import { advice, command } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import { need } from './history.ts';
import { type AskStep, endWithoutAddon, type StepEnd, settled, someone, type Wizard } from './wizard.ts';

/** Whether to register the preview feature, which Azure wants before it turns the add-on on. */
export const askFeature: AskStep<'feature'> = async (wizard, known) => {
  const { cluster, way } = need(known, 'cluster', 'way');
  if (way.kind !== 'turn on') {
    return settled(false);
  }
  const state = await featureState(wizard, cluster);
  if (state === undefined || state === 'Registered') {
    return settled(false);
  }
  if (wizard.given.registerFeature || wizard.questions === undefined) {
    return settled(wizard.given.registerFeature);
  }
  return choose(
    wizard,
    `The feature EnablePodIdentityPreview is ${state}. Azure requires it for the add-on:`,
    [
      { value: true, name: 'Register it and wait (for the whole subscription)' },
      { value: false, name: 'Continue without it' },
    ],
  );
};

/** Consent to pod identity on kubenet, after its risk was shown. */
export const askKubenet: AskStep<'kubenet'> = async (wizard, known) => {
  const { cluster, way } = need(known, 'cluster', 'way');
  if (way.kind === 'cluster' || !needsKubenetConsent(cluster)) {
    return settled(false);
  }
  if (wizard.given.kubenetConsent) {
    return settled(true);
  }
  if (wizard.questions === undefined) {
    throw consentIsMissing(cluster);
  }
  const deps = await wizard.open(cluster.id.subscriptionId);
  deps.report.warn(
    kubenetConsentMissing(cluster).message,
    advice`First deny NET_RAW to pods with an admission policy: ${nextCommand('policy kubenet', cluster.id, { apply: true })}`,
  );
  const isChoice = way.kind === 'turn on' && wizard.given.mode === undefined;
  const end = await choose(wizard, 'The add-on on kubenet:', [
    { value: false, name: isChoice ? 'Back, to work without the add-on' : 'Leave it as it is' },
    { value: true, name: 'Accept the risk, and go on with the add-on' },
  ]);
  if (typeof end !== 'object' || end.value) {
    return end;
  }
  if (isChoice) {
    return 'back';
  }
  throw way.kind === 'turn on'
    ? endWithoutAddon(cluster.id)
    : new PodidError('Interrupted', 'Nothing was changed.');
};

export function needsKubenetConsent(cluster: Cluster): boolean {
  return isKubenet(cluster) && !cluster.profile.allowNetworkPluginKubenet;
}

/** Undefined when Azure does not say it, or the caller may not see it: then Azure's answer to the change decides. */
export async function featureState(wizard: Wizard, { id }: Cluster): Promise<string | undefined> {
  const deps = await wizard.open(id.subscriptionId);
  try {
    const state = await deps.azure.features.state(id.subscriptionId, wizard.signal);
    return state === 'Unknown' ? undefined : state;
  } catch (error) {
    if (isPodidError(error, 'Forbidden')) {
      return undefined;
    }
    throw error;
  }
}

function consentIsMissing(cluster: Cluster): PodidError {
  const flag = '--enable-pod-identity-with-kubenet';
  const message = `${flag} is missing. ${kubenetConsentMissing(cluster).message}`;
  return new PodidError('InvalidUsage', message, {
    hint: advice`${command('podid init --help')}; or, without the add-on: ${command('podid init --mode cluster').again()}`,
    details: [{ code: 'InvalidUsage', flag, message }],
  });
}

const other = Symbol('another cluster');

/** One of a few, or another cluster. */
export async function choose<Value extends boolean | string>(
  wizard: Wizard,
  message: string,
  choices: readonly { readonly value: Value; readonly name: string }[],
): Promise<StepEnd<Value>> {
  const answer = await someone(wizard).select<Value | typeof other>({
    message,
    choices: [...choices, { value: other, name: 'Choose another cluster' }],
  });
  if (answer === undefined) {
    return 'back';
  }
  return answer === other ? 'to the cluster' : { value: answer, asked: true };
}
