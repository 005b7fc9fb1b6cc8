import { counted } from '../../../domain/counted.ts';
import { entryText } from '../../../domain/entries/pod-identity.ts';
import { bindingLabel } from '../../../domain/kubernetes/identity-resources.ts';
import type { Pod } from '../../../domain/kubernetes/pod.ts';
import { advice, command, type Hint, othersText } from '../../../errors/hint.ts';
import { type Check, fail, judging, pass, type Verdict, warn } from '../check.ts';
import { entriesInQuestion } from '../chosen-entries.ts';
import type { Evidence } from '../evidence.ts';

/** Whether the pods in question are there and run. */
export const pod: Check = {
  name: 'pod',
  behind: [],
  judge: (evidence) => judging(evidence.pods, (found) => judgePods(found, evidence)),
};

function judgePods(pods: readonly Pod[], evidence: Evidence): Verdict {
  const { namespace, pod: name, deployment } = evidence.subject;
  const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
  const inNamespace = namespace === undefined ? ['--all-namespaces'] : ['-n', namespace];
  const [first] = pods;
  if (name === undefined && deployment === undefined) {
    return first === undefined
      ? warn(`No pod${where} has the label ${bindingLabel}, so no pod gets an identity.`, labelling(evidence))
      : pass(`${counted(pods.length, 'pod')}${where} with the label ${bindingLabel}.`);
  }
  if (first === undefined) {
    return name === undefined
      ? fail(
          `Deployment ${deployment}${where} does not exist or has no pod.`,
          command('kubectl get deployments,pods', ...inNamespace),
        )
      : fail(`There is no pod ${name}${where}.`, command('kubectl get pods', ...inNamespace));
  }
  const idle = pods.find(({ nodeName }) => nodeName === '');
  if (idle !== undefined) {
    return fail(
      `Pod ${idle.name} is not scheduled on a node yet, so no agent can give it tokens.`,
      command('kubectl describe pod', idle.name, '-n', idle.namespace),
    );
  }
  const ended = pods.find(({ phase }) => phase !== 'Running' && phase !== 'Pending');
  if (ended !== undefined) {
    return warn(`Pod ${ended.name} does not run: its phase is ${ended.phase || 'not known'}.`);
  }
  return pass(
    `${name === undefined ? counted(pods.length, 'pod') : `Pod ${name}`} on ${[...new Set(pods.map(({ nodeName }) => nodeName))].join(', ')}.`,
  );
}

/** With the namespace and the selector of an entry; which workload is meant, its owner alone knows. */
function labelling(evidence: Evidence): Hint | undefined {
  const entry = entriesInQuestion(evidence).find(({ bindingSelector }) => bindingSelector !== '');
  if (entry === undefined) {
    return undefined;
  }
  const labels = { [bindingLabel]: entry.bindingSelector };
  const patch = JSON.stringify({ spec: { template: { metadata: { labels } } } });
  return advice`For the pods of a Deployment NAME to use ${othersText(entryText(entry))}: ${command('kubectl patch deployment NAME -n', entry.namespace, '-p', patch)}`;
}
