import { command } from '../../../errors/hint.ts';
import { type Check, fail, judging, listed, pass } from '../check.ts';
import { nodesInQuestion } from '../gather/nodes-in-question.ts';
import { namesNoMachine } from '../standard-mode.ts';

/**
 * Whether, in standard mode, each node names its machine in Azure: identities are put on that, and never on one that is
 * called like the node.
 */
export const nodeMachines: Check = {
  name: 'node-machines',
  behind: [],
  judge: (evidence) =>
    judging(evidence.nodes, () => {
      if (evidence.standard === undefined) {
        return pass(
          'The agents are in managed mode: whole node pools have the identities, whichever machine is behind a node.',
        );
      }
      const nameless = (nodesInQuestion(evidence) ?? []).filter(namesNoMachine);
      const [first] = nameless;
      if (first === undefined) {
        return pass('The nodes name their machines in Azure.');
      }
      const names = nameless.map(
        ({ name, providerId }) => `${name} (${providerId === '' ? 'no providerID' : providerId})`,
      );
      return fail(
        `The controller cannot tell which machine in Azure is behind ${listed(names)}: pods there get no identity until spec.providerID of the node names it.`,
        command('kubectl describe node', first.name),
      );
    }),
};
