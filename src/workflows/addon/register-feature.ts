import type { ClusterId } from '../../domain/clusters/cluster.ts';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { type ChangeDeps, endOfWait } from '../change/start-change.ts';

const feature = 'Microsoft.ContainerService/EnablePodIdentityPreview';

/**
 * Registers the preview feature for the subscription, waits for it, and registers the provider again so that
 * it takes effect.
 */
export async function registerFeature(deps: ChangeDeps, { subscriptionId }: ClusterId): Promise<void> {
  const { azure, report } = deps;
  const { signal } = deps;
  const { pollIntervalMs } = deps.options;
  let state = await azure.features.state(subscriptionId, signal);
  if (isRegistered(state)) {
    report.note(`${feature} is registered already.`);
    return;
  }
  await azure.features.register(subscriptionId, signal);
  const wait = { usually: 'a few minutes' };
  try {
    for (;;) {
      state = await azure.features.state(subscriptionId, signal);
      if (isRegistered(state)) {
        break;
      }
      if (deps.deadline.passed()) {
        throw stillRegistering(state);
      }
      report.progress(`Azure registers ${feature}: ${state}`, { wait });
      await deps.deadline.pause(pollIntervalMs);
    }
  } catch (error) {
    throw endOfWait(deps, error, 'Azure continues to register the feature.', showState);
  }
  await azure.features.registerProvider(subscriptionId, signal);
  report.note(`Registered ${feature} for subscription ${subscriptionId}.`);
}

/** The dry run's word on it. */
export async function planFeature(deps: ChangeDeps, { subscriptionId }: ClusterId): Promise<void> {
  const { azure, report } = deps;
  const state = await azure.features.state(subscriptionId, deps.signal);
  if (!isRegistered(state)) {
    report.note(`${feature} is ${state}; it would be registered for subscription ${subscriptionId}.`);
  }
}

/** Azure's words come in any case. */
function isRegistered(state: string): boolean {
  return state.toLowerCase() === 'registered';
}

const showState = advice`az feature show --namespace Microsoft.ContainerService --name EnablePodIdentityPreview`;

function stillRegistering(state: string): PodidError {
  return new PodidError('TimedOut', `${feature} is still ${state} at the end of --timeout.`, {
    hint: advice`${showState}; the same command resumes`,
  });
}
