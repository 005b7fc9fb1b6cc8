import { entryText } from '../../../domain/entries/pod-identity.ts';
import { advice, command } from '../../../errors/hint.ts';
import { type Check, judging, listed, pass, warn } from '../check.ts';
import type { Evidence } from '../evidence.ts';
import { decideBindings, resourcesForAgents } from '../pod-decisions.ts';
import { rulesOfAgents } from '../rules-of-agents.ts';

/**
 * Whether the client id that a container is given as AZURE_CLIENT_ID, by which Azure's libraries ask, is one of an
 * identity that the pod may use: the agent refuses any other.
 */
export const clientId: Check = {
  name: 'client-id',
  behind: ['selector'],
  judge: (evidence) =>
    judging(evidence.pods, () => {
      const [first, ...more] = refusedIds(evidence);
      if (first === undefined) {
        return pass('No container is given the client id of an identity that its pod may not use.');
      }
      const { pod } = first;
      const texts = [first, ...more].map(
        (each) => `${entryText(each.pod)} is given ${each.asked} and may use ${each.own}`,
      );
      return warn(
        `AZURE_CLIENT_ID names another identity than the pod gets: ${listed(texts)}. Azure's libraries ask by it, and the agent refuses.`,
        advice`Set AZURE_CLIENT_ID in the workload that creates the pod to a client id that the pod may use, or remove it. To see which workload that is: ${command('kubectl get pod', pod.name, '-n', pod.namespace, '-o', 'jsonpath={.metadata.ownerReferences}')}`,
      );
    }),
};

function refusedIds(evidence: Evidence) {
  if (evidence.pods.kind === 'unread') {
    return [];
  }
  const resources = resourcesForAgents(evidence);
  const rulesFor = rulesOfAgents(evidence);
  return evidence.pods.value.flatMap((pod) => {
    const rules = rulesFor(pod);
    const granted = decideBindings(pod, resources, rules);
    if (granted.kind !== 'granted') {
      return [];
    }
    const { metadata, spec } = granted.identity;
    const own = `${entryText(metadata)} (client id ${spec.clientID || 'not in the object'})`;
    return (pod.clientIds ?? [])
      .filter((asked) => {
        const request = { clientId: asked.toLowerCase() };
        return decideBindings(pod, resources, { ...rules, request }).kind !== 'granted';
      })
      .map((asked) => ({ pod, asked, own }));
  });
}
