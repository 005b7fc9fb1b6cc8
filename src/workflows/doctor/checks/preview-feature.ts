import { nextCommand } from '../../../domain/hints/next-command.ts';
import { type Check, fail, judging, pass } from '../check.ts';

const feature = 'Microsoft.ContainerService/EnablePodIdentityPreview';

/** Whether the subscription may use the add-on at all. */
export const previewFeature: Check = {
  name: 'feature',
  behind: ['sign-in'],
  judge: ({ feature: probed, subject }) =>
    judging(probed, (state) =>
      state.toLowerCase() === 'registered'
        ? pass(`${feature} is registered.`)
        : fail(
            `${feature} is ${state}: Azure refuses to change a cluster that has the add-on.`,
            nextCommand('enable', subject.cluster, { 'register-feature': true }),
          ),
    ),
};
