import { entryText } from '../../../domain/entries/pod-identity.ts';
import { modeFlags, nextCommand } from '../../../domain/hints/next-command.ts';
import { bindingLabelOf } from '../../../domain/kubernetes/decide/pod-decision.ts';
import { bindingLabel } from '../../../domain/kubernetes/identity-resources.ts';
import type { Pod } from '../../../domain/kubernetes/pod.ts';
import { type Workload, workloadKindFacts } from '../../../domain/kubernetes/workloads.ts';
import { advice, type Command, command, type Hint, joinHints, othersText } from '../../../errors/hint.ts';
import { type Check, fail, judging, listed, pass, type Verdict } from '../check.ts';
import type { Evidence } from '../evidence.ts';
import { resourcesForAgents } from '../pod-decisions.ts';
import { readOr } from '../probe.ts';

/**
 * Whether the pods carry the label, and not just the workload that makes them: labels of a workload reach no
 * pod, those of its template do.
 */
export const label: Check = {
  name: 'label',
  behind: ['pod'],
  judge: (evidence) =>
    judging(evidence.pods, (pods) => {
      const { pod, deployment } = evidence.subject;
      const asked = pod !== undefined || deployment !== undefined;
      const bare = pods.filter((one) => bindingLabelOf(one) === '');
      const misplaced = evidence.workloads
        .flatMap((probed) => readOr(probed, []))
        .filter((each) => isMisplaced(each) && (!asked || bare.some((one) => makes(each, one))));
      if (misplaced[0] !== undefined) {
        return misplacedVerdict(misplaced, misplaced[0]);
      }
      if (bare[0] !== undefined) {
        return bareVerdict(evidence, bare, bare[0]);
      }
      return pass(
        asked
          ? `The label is ${bindingLabel}=${[...new Set(pods.map(({ labels }) => labels[bindingLabel]))].join(', ')}.`
          : `No workload has the label ${bindingLabel} in the wrong place.`,
      );
    }),
};

function isMisplaced({ labels, templateLabels, owned }: Workload): boolean {
  return Boolean(labels[bindingLabel]) && !templateLabels[bindingLabel] && !owned;
}

/** What has no selector calls its Jobs after itself: a CronJob by the minute, a ScaledJob by five letters. */
function makes({ kind, namespace, name, selector }: Workload, pod: Pod): boolean {
  if (namespace !== pod.namespace) {
    return false;
  }
  const ofJob = { CronJob: /^\d+-[a-z0-9]+$/, ScaledJob: /^[a-z0-9]{5}-[a-z0-9]{5}$/ };
  if (kind === 'CronJob' || kind === 'ScaledJob') {
    return pod.name.startsWith(`${name}-`) && ofJob[kind].test(pod.name.slice(name.length + 1));
  }
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([key, value]) => pod.labels[key] === value);
}

function misplacedVerdict(misplaced: readonly Workload[], first: Workload): Verdict {
  const names = misplaced.map((each) => `${workloadKindFacts(each.kind).title} ${entryText(each)}`);
  return fail(
    `The label ${bindingLabel} is on ${listed(names)} and not on the template of the pods, so the pods do not have it.`,
    patched(first),
  );
}

function patched({ kind, namespace, name, labels }: Workload): Hint {
  const get = command('kubectl get job', name, '-n', namespace, '-o', 'yaml');
  if (kind === 'Job') {
    return advice`The template of a Job cannot be changed. To print it, and create it anew with the label in its template: ${get}`;
  }
  const { group, plural, template, custom } = workloadKindFacts(kind);
  const metadata = { metadata: { labels: { [bindingLabel]: labels[bindingLabel] } } };
  const spec = template.reduceRight<unknown>((inner, step) => ({ [step]: inner }), metadata);
  const which = custom ? `${plural}.${group}` : kind.toLowerCase();
  const how = custom ? ['--type', 'merge'] : [];
  return command('kubectl patch', which, name, '-n', namespace, ...how, '-p', JSON.stringify({ spec }));
}

/** A namespace may have a thousand selectors, and whoever has to choose wants to see a few. */
const mostChoices = 5;

function bareVerdict(evidence: Evidence, bare: readonly Pod[], first: Pod): Verdict {
  const { namespace, name } = first;
  const known = resourcesForAgents(evidence).bindings.flatMap(({ metadata, spec }) =>
    metadata.namespace === namespace && spec.selector ? [spec.selector] : [],
  );
  const choices = [...new Set(known)].slice(0, mostChoices);
  if (choices.length === 0) {
    return fail(
      `${listed(bare.map(entryText))} has no label ${bindingLabel}, and namespace ${namespace} has no binding that a label could name.`,
      advice`${helpOfAdd(evidence)}  # says how to bind an identity in namespace ${othersText(namespace)}; its name is the value of the label`,
    );
  }
  const commands = choices.map((choice) =>
    command('kubectl label pod', name, '-n', namespace, `${bindingLabel}=${choice}`),
  );
  return fail(
    `${listed(bare.map(entryText))} has no label ${bindingLabel}, so the agent gives it no identity.`,
    advice`${joinHints(commands, ' or ')}, and the same under spec.template.metadata.labels of the workload that creates the pod`,
  );
}

function helpOfAdd({ cluster, subject }: Evidence): Command {
  return nextCommand('add', subject.cluster, {
    ...modeFlags(readOr(cluster, undefined)?.profile),
    help: true,
  });
}
