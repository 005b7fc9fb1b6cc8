import { entryText } from '../../../domain/entries/pod-identity.ts';
import { bindingLabel } from '../../../domain/kubernetes/identity-resources.ts';
import type { Pod } from '../../../domain/kubernetes/pod.ts';
import { bindingLabelOf } from '../../../domain/kubernetes/pod-decision.ts';
import type { Deployment } from '../../../domain/kubernetes/workloads.ts';
import { advice, command, joinHints } from '../../../errors/hint.ts';
import { type Check, fail, judging, listed, pass, type Verdict } from '../check.ts';
import type { Evidence } from '../evidence.ts';
import { resourcesForAgents } from '../pod-decisions.ts';
import { readOr } from '../probe.ts';

/**
 * Whether the pods carry the label, and not just the Deployment that makes them: labels of a Deployment reach
 * no pod.
 */
export const label: Check = {
  name: 'label',
  behind: ['pod'],
  judge: (evidence) =>
    judging(evidence.pods, (pods) => {
      const { pod, deployment } = evidence.subject;
      const asked = pod !== undefined || deployment !== undefined;
      const bare = pods.filter((one) => bindingLabelOf(one) === '');
      const misplaced = readOr(evidence.deployments, []).filter(
        (each) =>
          isMisplaced(each) &&
          (!asked || bare.some((one) => one.namespace === each.namespace && makes(each, one.labels))),
      );
      if (misplaced[0] !== undefined) {
        return misplacedVerdict(misplaced, misplaced[0]);
      }
      if (bare[0] !== undefined) {
        return bareVerdict(evidence, bare, bare[0]);
      }
      return pass(
        asked
          ? `The label is ${bindingLabel}=${[...new Set(pods.map(({ labels }) => labels[bindingLabel]))].join(', ')}.`
          : `No Deployment has the label ${bindingLabel} in the wrong place.`,
      );
    }),
};

function isMisplaced({ labels, templateLabels }: Deployment): boolean {
  return Boolean(labels[bindingLabel]) && !templateLabels[bindingLabel];
}

function makes({ selector }: Deployment, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

function misplacedVerdict(misplaced: readonly Deployment[], first: Deployment): Verdict {
  const value = first.labels[bindingLabel];
  const patch = JSON.stringify({ spec: { template: { metadata: { labels: { [bindingLabel]: value } } } } });
  return fail(
    `The label ${bindingLabel} is on ${misplaced.length === 1 ? 'Deployment' : 'Deployments'} ${listed(misplaced.map(entryText))} and not on the template of the pods, so the pods do not have it.`,
    command('kubectl patch deployment', first.name, '-n', first.namespace, '-p', patch),
  );
}

/** A namespace may have a thousand selectors, and whoever has to choose wants to see a few. */
const mostChoices = 5;

function bareVerdict(evidence: Evidence, bare: readonly Pod[], first: Pod): Verdict {
  const { namespace, name } = first;
  const known = resourcesForAgents(evidence).bindings.flatMap(({ metadata, spec }) =>
    metadata.namespace === namespace && spec.selector ? [spec.selector] : [],
  );
  const choices = known.length === 0 ? ['SELECTOR'] : [...new Set(known)].slice(0, mostChoices);
  const commands = choices.map((choice) =>
    command('kubectl label pod', name, '-n', namespace, `${bindingLabel}=${choice}`),
  );
  return fail(
    `${listed(bare.map(entryText))} has no label ${bindingLabel}, so the agent gives it no identity.`,
    advice`${joinHints(commands, ' or ')}, and the same under spec.template.metadata.labels of the workload that creates the pod`,
  );
}
