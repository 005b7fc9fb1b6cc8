import { managedIdentityType, parseResourceId, sameResource } from '../../domain/azure/resource-id.ts';
import { deriveName } from '../../domain/entries/derive-name.ts';
import { sameEntry } from '../../domain/entries/pod-identity.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import { identityIdOf } from './ask-identity.ts';
import { type Known, need } from './history.ts';
import { type AskStep, asked, type Choice, fitting, settled, someone, type Wizard } from './wizard.ts';

/** The namespace: one that the cluster has, or one that it will have. */
export const askNamespace: AskStep<'namespace'> = async (wizard, known, before) => {
  const { given, rules } = wizard;
  if (given.namespace !== undefined) {
    return settled(given.namespace);
  }
  const message = 'Namespace of the pods:';
  const names = await namespacesInCluster(wizard, known);
  const initial = before ?? 'default';
  if (names === undefined) {
    return asked(await someone(wizard).text({ message, initial, problem: rules.namespace }));
  }
  const offered = names
    .filter((name) => !isOfKubernetes(name))
    .toSorted((one, other) => one.localeCompare(other, 'en'));
  const choices = offered.map((name): Choice<string> => ({ value: name, name }));
  const answer = await someone(wizard).search({
    message,
    choices: (typed) => [
      ...fitting(choices, typed),
      ...(typed === '' || offered.includes(typed) || rules.namespace(typed) !== undefined
        ? []
        : [
            {
              value: typed,
              name: typed,
              facts: names.includes(typed) ? 'of Kubernetes' : 'does not exist yet',
            },
          ]),
    ],
    ...(before === undefined ? {} : { initial: before }),
  });
  return asked(answer);
};

export const askName: AskStep<'name'> = async (wizard, known, before) => {
  const { given, rules } = wizard;
  const initial = before ?? freeName(known);
  if (given.name !== undefined && given.name !== '') {
    return settled(given.name);
  }
  if (given.yes || wizard.questions === undefined) {
    return settled(initial);
  }
  const problem = (text: string) => rules.name(text) ?? conflict(known, text);
  return asked(await wizard.questions.text({ message: 'Name of the pod identity:', initial, problem }));
};

export const askSelector: AskStep<'selector'> = async (wizard, known, before) => {
  const { given, rules, questions } = wizard;
  const { name } = need(known, 'name');
  if (given.bindingSelector !== undefined) {
    return settled(given.bindingSelector);
  }
  const usual = before ?? entryOf(known, name)?.bindingSelector ?? name;
  const isLegal = rules.selector(usual) === undefined;
  if (questions === undefined || (given.yes && isLegal)) {
    return settled(usual);
  }
  return asked(
    await questions.text({
      message: 'Value of the label aadpodidbinding:',
      problem: (text) => rules.selector(text) ?? selectorConflict(known, text),
      ...(isLegal ? { initial: usual } : {}),
    }),
  );
};

/** Undefined when the cluster cannot be asked from here. */
async function namespacesInCluster(wizard: Wizard, known: Known): Promise<readonly string[] | undefined> {
  const { id } = need(known, 'cluster').cluster;
  const { signal } = wizard;
  const { report, kube } = (await wizard.open(id.subscriptionId)).forCluster(id);
  report.progress('Reading the namespaces');
  try {
    return await (await kube.connect(signal)).workloads.namespaces(signal);
  } catch (error) {
    if (signal.aborted || !isPodidError(error)) {
      throw error;
    }
    report.note(`The namespaces of the cluster cannot be read from here: ${error.message}`);
    return undefined;
  }
}

/** Nobody's pods belong there; whoever means one of them types it. */
function isOfKubernetes(name: string): boolean {
  return name.startsWith('kube-') || name === 'gatekeeper-system';
}

function entryOf(known: Known, name: string) {
  const { cluster, way, namespace } = need(known, 'cluster', 'way', 'namespace');
  const identities = way.kind === 'cluster' ? way.identities : cluster.profile.identities;
  return identities.find((entry) => sameEntry(entry, { namespace, name }));
}

/** What the entry of that name says otherwise; Azure refuses to change an identity in place. */
function conflict(known: Known, name: string): string | undefined {
  const existing = entryOf(known, name);
  if (existing === undefined || sameResource(existing.identity.resourceId, identityIdOf(known))) {
    return undefined;
  }
  return `${name} is taken by ${existing.identity.resourceId}.`;
}

function selectorConflict(known: Known, selector: string): string | undefined {
  const existing = entryOf(known, need(known, 'name').name);
  if (existing === undefined || existing.bindingSelector === selector) {
    return undefined;
  }
  return `This pod identity is there already, with the label ${existing.bindingSelector}; podid update changes it.`;
}

/** The identity's own name, with a number where another identity has taken it. */
function freeName(known: Known): string {
  const name = deriveName(parseResourceId(identityIdOf(known), managedIdentityType)?.name ?? '');
  let candidate = name;
  for (let number = 2; conflict(known, candidate) !== undefined; number++) {
    candidate = `${name}-${number}`;
  }
  return candidate;
}
