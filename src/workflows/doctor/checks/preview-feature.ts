import { nextCommand } from '../../../domain/hints/next-command.ts';
import { command } from '../../../errors/hint.ts';
import { type Check, fail, judging, pass, warn } from '../check.ts';

const feature = 'Microsoft.ContainerService/EnablePodIdentityPreview';

/** Whether the subscription may use the add-on at all. */
export const previewFeature: Check = {
  name: 'feature',
  behind: ['sign-in'],
  judge: ({ feature: probed, subject }) =>
    judging(probed, (state) => {
      if (state.toLowerCase() === 'registered') {
        return pass(`${feature} is registered.`);
      }
      return state === 'Unknown'
        ? warn(
            `Azure does not say whether ${feature} is registered. Where it is not, Azure refuses to change a cluster that has the add-on.`,
            command(
              'az feature show --namespace Microsoft.ContainerService --name EnablePodIdentityPreview --subscription',
              subject.cluster.subscriptionId,
            ),
          )
        : fail(
            `${feature} is ${state}: Azure refuses to change a cluster that has the add-on.`,
            nextCommand('enable', subject.cluster, { 'register-feature': true }),
          );
    }),
};
