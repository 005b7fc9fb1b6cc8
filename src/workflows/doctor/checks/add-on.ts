import { wayToEnable, wayWithoutAddon } from '../../../domain/clusters/way-to-enable.ts';
import { counted } from '../../../domain/counted.ts';
import { advice } from '../../../errors/hint.ts';
import { type Check, fail, judging, pass } from '../check.ts';
import { livesInObjects } from '../mend.ts';

/**
 * Whether the add-on is on. Without it, objects in the cluster can do its work together with podid's agent.
 */
export const addOn: Check = {
  name: 'add-on',
  behind: ['cluster'],
  judge: (evidence) =>
    judging(evidence.cluster, (cluster) => {
      const { enabled, identities } = cluster.profile;
      if (enabled) {
        return pass(
          `The add-on is on, with ${counted(identities.length, 'pod identity', 'pod identities')}.`,
        );
      }
      return livesInObjects(evidence)
        ? pass(
            'The add-on is off: the objects in the cluster alone decide which pod may use which identity (--mode cluster).',
          )
        : fail(
            'The add-on is off, and the cluster holds no pod identities: no pod gets a token.',
            advice`Without the add-on: ${wayWithoutAddon(cluster)}; with it: ${wayToEnable(cluster)}`,
          );
    }),
};
