import { describe, expect, it } from 'vitest';
import type { ConnectedCluster } from '../../../src/domain/kubernetes/workloads.ts';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { identityIdOf } from '../../../src/workflows/init/ask-identity.ts';
import { gatherAnswers } from '../../../src/workflows/init/gather-answers.ts';
import { planInit } from '../../../src/workflows/init/init-plan.ts';
import { fitting, type InitGiven, type Questions, type Wizard } from '../../../src/workflows/init/wizard.ts';
import { hintText } from '../../hint-text.ts';
import { clusterWith, FakeAzure, identityId, options, podIdentity } from '../fake-azure.ts';

const back = undefined;
const nothingGiven: InitGiven = {
  enableManagedIdentity: false,
  registerFeature: false,
  kubenetConsent: false,
  createIdentity: false,
  grants: [],
  yes: false,
};

/**
 * Someone at the terminal: the name of the line to take, `back`, or for a text what is typed (`''` takes the
 * default).
 */
class Person {
  readonly asked: string[] = [];
  readonly problems: string[] = [];
  readonly script: (string | undefined)[];

  constructor(...script: (string | undefined)[]) {
    this.script = script;
  }

  private next(message: string): string | undefined {
    this.asked.push(message);
    if (this.script.length === 0) {
      throw new Error(`nobody expected the question "${message}"`);
    }
    return this.script.shift();
  }

  private pick<Value>(
    message: string,
    choices: readonly { value: Value; name: string }[],
  ): Value | undefined {
    const wanted = this.next(message);
    if (wanted === undefined) {
      return undefined;
    }
    const found = choices.find(({ name }) => name.startsWith(wanted));
    if (found === undefined) {
      throw new Error(`"${wanted}" is none of ${choices.map(({ name }) => name).join(', ')}`);
    }
    return found.value;
  }

  readonly questions: Questions = {
    select: async ({ message, choices }) => this.pick(message, choices),
    search: async ({ message, choices }) => this.pick(message, choices(this.script[0] ?? '')),
    text: async ({ message, initial = '', problem }) => {
      for (;;) {
        const typed = this.next(message);
        if (typed === undefined) {
          return undefined;
        }
        const text = typed === '' ? initial : typed;
        const wrong = problem(text);
        if (wrong === undefined) {
          return text;
        }
        this.problems.push(wrong);
      }
    },
  };
}

function wizard(azure: FakeAzure, person: Person | undefined, given: Partial<InitGiven> = {}): Wizard {
  const deps = azure.deps();
  const workloads = { namespaces: async () => ['kube-system', 'shop', 'default'] };
  const kube = { ...deps.kube, connect: async () => ({ workloads }) as unknown as ConnectedCluster };
  const none = async () => [];
  const machines = { ...deps.azure.machines, scaleSets: none, virtualMachines: none };
  return {
    given: { ...nothingGiven, ...given },
    questions: person?.questions,
    open: async () => ({
      ...deps,
      forCluster: () => ({ ...deps, azure: { ...deps.azure, machines }, kube }),
    }),
    rules: {
      namespace: () => undefined,
      name: (text) => (text === 'Bad' ? 'no capitals' : undefined),
      selector: () => undefined,
      identityName: () => undefined,
      resourceGroup: () => undefined,
      grant: () => undefined,
      parseGrant: (text) => ({ role: text, scope: '/subscriptions/sub' }),
    },
    options: options(),
    signal: deps.signal,
  };
}

const off = () => new FakeAzure(clusterWith({}, { enabled: false }));

describe('the wizard', () => {
  it('asks only what is open: on a ready cluster cluster, identity, namespace, name, label and the yes', async () => {
    const person = new Person('aks', 'web', 'shop', '', '', 'Yes');
    const azure = new FakeAzure();
    const answers = await gatherAnswers(wizard(azure, person));
    expect(person.asked).toEqual([
      'Cluster:',
      'Managed identity:',
      'Namespace of the pods:',
      'Name of the pod identity:',
      'Value of the label aadpodidbinding:',
      'Shall podid do that?',
    ]);
    expect(answers).toMatchObject({
      way: { kind: 'add-on' },
      namespace: 'shop',
      name: 'web',
      selector: 'web',
    });
    expect(azure.puts).toEqual([]);
  });

  it('does not ask what a flag has answered, and goes back past it', async () => {
    const given = {
      resourceGroup: 'rg',
      clusterName: 'aks',
      namespace: 'shop',
      identityResourceId: identityId('web'),
    };
    const person = new Person('one', back, 'two', '', 'Yes');
    const answers = await gatherAnswers(wizard(new FakeAzure(), person, given));
    expect(person.asked.slice(0, 3)).toEqual([
      'Name of the pod identity:',
      'Value of the label aadpodidbinding:',
      'Name of the pod identity:',
    ]);
    expect(answers).toMatchObject({ name: 'two', selector: 'two' });
  });

  it('takes the usual name and label, and needs no yes, with --yes', async () => {
    const person = new Person('aks', 'web', 'shop');
    const answers = await gatherAnswers(wizard(off(), person, { yes: true }));
    expect(answers).toMatchObject({ way: { kind: 'turn on' }, name: 'web', selector: 'web' });
  });

  it('offers no namespace of Kubernetes itself, takes one that is typed, and says that the add-on is on', async () => {
    const azure = new FakeAzure();
    const person = new Person('aks', 'web', 'kube-system', '', '', 'Yes');
    const all = wizard(azure, person);
    const offered: string[] = [];
    const search: Questions['search'] = (question) => {
      if (question.message.startsWith('Namespace')) {
        offered.push(...question.choices('').map(({ name }) => name));
      }
      return person.questions.search(question);
    };
    const answers = await gatherAnswers({ ...all, questions: { ...person.questions, search } });
    expect(offered).toEqual(['default', 'shop']);
    expect(answers.namespace).toBe('kube-system');
    expect(azure.notes.join()).toContain('The pod-identity add-on of cluster aks is on');
  });

  it('says at the first question that there is nothing to go back to', async () => {
    const azure = new FakeAzure();
    const person = new Person(back, back, 'aks', 'web', 'shop', '', '', 'Yes');
    await gatherAnswers(wizard(azure, person));
    expect(azure.notes.filter((note) => note.startsWith('This is the first question'))).toHaveLength(2);
  });

  it('asks for nothing where nobody is, and takes the defaults', async () => {
    const given = {
      resourceGroup: 'rg',
      clusterName: 'aks',
      namespace: 'shop',
      identityResourceId: identityId('web'),
    };
    const azure = off();
    const answers = await gatherAnswers(wizard(azure, undefined, { ...given, yes: true }));
    expect(answers).toMatchObject({ way: { kind: 'turn on' }, feature: false, name: 'web', selector: 'web' });
  });

  it('names the consent that is missing on kubenet where nobody is, before anything is sent', async () => {
    const azure = new FakeAzure(clusterWith({ networkPlugin: 'kubenet' }, { enabled: false }));
    const given = { resourceGroup: 'rg', clusterName: 'aks', namespace: 'shop', yes: true };
    await expect(gatherAnswers(wizard(azure, undefined, given))).rejects.toMatchObject({
      code: 'InvalidUsage',
      details: [{ flag: '--enable-pod-identity-with-kubenet' }],
    });
    expect(azure.puts).toEqual([]);
  });

  it('reports the risk of kubenet, and leads to another cluster when that is chosen', async () => {
    const azure = new FakeAzure(clusterWith({ networkPlugin: 'kubenet' }, { enabled: false }));
    const person = new Person(
      'aks',
      'Turn it on',
      'Choose another',
      'aks',
      'Turn it on',
      'Accept',
      'web',
      'shop',
      '',
      '',
      'Yes',
    );
    const answers = await gatherAnswers(wizard(azure, person));
    expect(azure.warnings.join()).toContain('CVE-2021-1677');
    expect(answers).toMatchObject({ kubenet: true, way: { kind: 'turn on' } });
    expect(String(planInit(answers, nothingGiven).commands[0])).toBe(
      'podid enable -g rg -c aks --subscription sub --enable-pod-identity-with-kubenet',
    );
  });

  it('offers to register the feature that the add-on wants', async () => {
    const azure = off();
    azure.states = ['NotRegistered'];
    const person = new Person('aks', 'Turn it on', 'Register', 'web', 'shop', '', '', 'Yes');
    const answers = await gatherAnswers(wizard(azure, person));
    expect(answers.feature).toBe(true);
    expect(String(planInit(answers, nothingGiven).commands[0])).toContain('--register-feature');
    expect(azure.registered).toBe(0);
  });

  const nodeResourceGroup = 'nodes';
  const secret = { identity: { type: 'None', userAssigned: [] }, nodeResourceGroup };
  const machines = { nodeResourceGroup, pools: [{ name: 'vms', osType: 'Linux', type: 'VirtualMachines' }] };
  const rest = ['web', 'shop', '', '', 'Yes'];

  it.each([
    [
      'kubenet',
      clusterWith({ networkPlugin: 'kubenet', nodeResourceGroup }, { enabled: false }),
      ['Turn it on', 'Back, to work without', 'Work without'],
    ],
    ['a service principal', clusterWith(secret, { enabled: false }), ['Leave it as it is']],
    ['pools of virtual machines', clusterWith(machines, { enabled: false }), ['Leave it as it is']],
  ])('goes on without the add-on for who leaves %s as it is', async (_, cluster, leave) => {
    const azure = new FakeAzure(cluster);
    const answers = await gatherAnswers(wizard(azure, new Person('aks', ...leave, ...rest)));
    expect(answers.way.kind).toBe('cluster');
    expect(planInit(answers, nothingGiven).commands.map(String)).toEqual([
      expect.stringContaining('podid add -g rg -c aks --subscription sub --mode cluster --namespace shop'),
    ]);
    expect(azure.puts).toEqual([]);
  });

  it('goes back past the way that was not asked for, to the cluster', async () => {
    const azure = new FakeAzure(clusterWith(secret, { enabled: false }));
    const person = new Person('aks', 'Leave it as it is', back, 'aks', 'Leave it as it is', ...rest);
    expect((await gatherAnswers(wizard(azure, person))).way.kind).toBe('cluster');
  });

  it('ends where the add-on was asked for by name, and kubenet is left as it is', async () => {
    const azure = new FakeAzure(clusterWith({ networkPlugin: 'kubenet' }, { enabled: false }));
    const person = new Person('aks', 'Leave it as it is');
    await expect(gatherAnswers(wizard(azure, person, { mode: 'addon' }))).rejects.toMatchObject({
      code: 'Interrupted',
      message: 'Nothing was changed.',
      hint: hintText(
        'Without the add-on (docs/modes.md): podid init -g rg -c aks --subscription sub --mode cluster',
      ),
    });
    expect(azure.puts).toEqual([]);
  });

  const usual = { usualSubscription: 'sub', usualGroup: 'rg', usualCluster: 'aks', isUsualMeant: true };

  it('asks for no cluster that PODID_CLUSTER_NAME names, and shows the others to who goes back', async () => {
    const azure = new FakeAzure();
    const person = new Person(...rest);
    await gatherAnswers(wizard(azure, person, usual));
    expect(person.asked).not.toContain('Cluster:');
    expect(azure.notes).toContain('Cluster: aks (rg), as PODID_CLUSTER_NAME has it.');
    const other = new Person(back, 'aks', ...rest);
    await gatherAnswers(wizard(new FakeAzure(), other, usual));
    expect(other.asked.slice(0, 3)).toEqual(['Managed identity:', 'Cluster:', 'Managed identity:']);
  });

  it('asks for a cluster where the one that PODID_CLUSTER_NAME names cannot be worked on', async () => {
    const azure = new FakeAzure(clusterWith({ powerState: 'Stopped' }));
    await expect(gatherAnswers(wizard(azure, new Person(), usual))).rejects.toThrow(
      'nobody expected the question "Cluster:"',
    );
    expect(azure.warnings).toEqual(['Cluster aks is stopped.']);
  });

  it('has a new identity above a long list and below what was searched for, and stands at the first that there is', async () => {
    const person = new Person('aks', ...rest);
    const all = wizard(new FakeAzure(), person);
    const shown: string[][] = [];
    const initials: unknown[] = [];
    const search: Questions['search'] = (question) => {
      if (question.message === 'Managed identity:') {
        shown.push(...['', 'web'].map((typed) => question.choices(typed).map(({ name }) => name)));
        initials.push(question.initial);
      }
      return person.questions.search(question);
    };
    await gatherAnswers({ ...all, questions: { ...person.questions, search } });
    const names = ['api (rg)', 'other (rg)', 'web (rg)'];
    expect(shown).toEqual([
      ['Create a new one', ...names],
      ['web (rg)', 'Create a new one'],
    ]);
    expect(initials).toEqual([identityId('api')]);
  });

  it.each([
    ['w', ['web', 'new-web', 'jobs']],
    ['WEB', ['web', 'new-web']],
    ['west j', ['jobs']],
    ['', ['jobs', 'new-web', 'web']],
    ['x', []],
  ])('offers to who types "%s" names before details', (typed, names) => {
    const choices = ['jobs', 'new-web', 'web'].map((name) => ({ value: name, name, facts: 'westeurope' }));
    const shown = typed === 'WEB' ? choices.map(({ facts: _, ...choice }) => choice) : choices;
    expect(fitting(shown, typed).map(({ name }) => name)).toEqual(names);
  });

  it('explains a service-principal cluster and asks for another when asked to', async () => {
    const azure = new FakeAzure(clusterWith(secret, { enabled: false }));
    const person = new Person('aks', 'Choose another', back, 'aks', back);
    await expect(gatherAnswers(wizard(azure, person))).rejects.toThrow(
      'nobody expected the question "Cluster:"',
    );
    expect(azure.warnings.join()).toContain('runs as a service principal');
    expect(azure.puts).toEqual([]);
  });

  it('offers a service-principal cluster no move under --dry-run, which writes nothing', async () => {
    const azure = new FakeAzure(clusterWith({ identity: { type: 'None', userAssigned: [] } }));
    const given = { resourceGroup: 'rg', clusterName: 'aks', enableManagedIdentity: true };
    const dry = { ...wizard(azure, new Person(), given), options: options({ dryRun: true }) };
    await expect(gatherAnswers(dry)).rejects.toMatchObject({ code: 'ServicePrincipalCluster' });
    expect(azure.puts).toEqual([]);
  });

  it('reports what forbids a stopped cluster and asks for another', async () => {
    const azure = new FakeAzure(clusterWith({ powerState: 'Stopped' }));
    const person = new Person('aks');
    await expect(gatherAnswers(wizard(azure, person))).rejects.toThrow(
      'nobody expected the question "Cluster:"',
    );
    expect(azure.warnings).toEqual(['Cluster aks is stopped.']);
  });

  it('ends with the reason when the cluster that is in the way was named by flags', async () => {
    const azure = new FakeAzure(clusterWith({ powerState: 'Stopped' }));
    const given = { resourceGroup: 'rg', clusterName: 'aks' };
    await expect(gatherAnswers(wizard(azure, new Person(), given))).rejects.toMatchObject({
      code: 'ClusterStateForbids',
    });
  });

  it('plans a new identity with its roles, and the one command that makes both', async () => {
    const person = new Person('aks', 'Create', 'api-2', '', 'Reader', '', 'shop', '', 'api', 'Yes');
    const answers = await gatherAnswers(wizard(new FakeAzure(), person));
    const id = identityIdOf(answers);
    expect(id).toBe(
      '/subscriptions/sub/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/api-2',
    );
    expect(planInit(answers, nothingGiven).commands.map(String)).toEqual([
      `podid add -g rg -c aks --subscription sub --namespace shop --name api-2 --identity-resource-id ${id} --binding-selector api --create-identity --grant Reader=/subscriptions/sub`,
    ]);
  });

  it('goes back from the roles of a new identity to its group, its name and the list', async () => {
    const person = new Person(
      ...['aks', 'Create', 'api-2', '', back, back, back, 'web', 'shop', '', '', 'Yes'],
    );
    const answers = await gatherAnswers(wizard(new FakeAzure(), person));
    expect(answers.identity).toBe(identityId('web'));
  });

  it('does not offer a name that another identity has, and refuses it when typed', async () => {
    const taken = podIdentity('web', {
      identity: { resourceId: identityId('other'), clientId: '', objectId: '' },
    });
    const azure = new FakeAzure(clusterWith({}, { identities: [taken] }));
    const person = new Person('aks', 'web', 'shop', 'web', 'Bad', '', '', 'Yes');
    const answers = await gatherAnswers(wizard(azure, person));
    expect(person.problems).toEqual([`web is taken by ${identityId('other')}.`, 'no capitals']);
    expect(answers.name).toBe('web-2');
  });

  it('takes a pasted id, and asks again when there is no such identity', async () => {
    const azure = new FakeAzure();
    const person = new Person('aks', 'gone', 'web', 'shop', '', '', 'Yes');
    const script = person.script;
    script[1] = identityId('gone');
    const questions: Questions = {
      ...person.questions,
      search: async (question) => {
        const typed = script[0] ?? '';
        if (!typed.includes('/gone')) {
          return await person.questions.search(question);
        }
        const [pasted] = question.choices(typed);
        script.shift();
        return pasted?.value;
      },
    };
    const answers = await gatherAnswers({ ...wizard(azure, person), questions });
    expect(azure.warnings.join()).toContain('does not exist');
    expect(answers.identity).toBe(identityId('web'));
  });

  it('says how to name the namespace when the cluster’s API cannot be reached', async () => {
    const azure = new FakeAzure();
    const person = new Person('aks', 'web', '', '', '', 'Yes');
    const { open, ...rest } = wizard(azure, person);
    const deps = await open(undefined);
    const connect = () => Promise.reject(new PodidError('ClusterUnreachable', 'It is private.'));
    const forCluster: typeof deps.forCluster = (id) => {
      const inside = deps.forCluster(id);
      return { ...inside, kube: { ...inside.kube, connect } };
    };
    const answers = await gatherAnswers({ ...rest, open: async () => ({ ...deps, forCluster }) });
    expect(azure.notes.join()).toContain('cannot be read from here: It is private.');
    expect(answers.namespace).toBe('default');
  });

  it.each([
    [
      'in the ways that there are',
      ['az: not installed', 'azd: not installed'],
      'You are not signed in to Azure. podid can sign in in these ways:',
    ],
    ['by what Azure says of the one', ['The token has expired.'], 'A long list.'],
  ])('says how to sign in when nobody is signed in: %s', async (_, reasons, message) => {
    const azure = new FakeAzure();
    const { open, ...rest } = wizard(azure, new Person());
    const deps = await open(undefined);
    const list = () =>
      Promise.reject(
        new PodidError('NotSignedIn', 'A long list.', {
          details: reasons.map((reason) => ({ message: reason })),
        }),
      );
    const signedOut = {
      ...deps,
      azure: { ...deps.azure, subscriptions: { ...deps.azure.subscriptions, list } },
    };
    const answers = gatherAnswers({ ...rest, open: async () => signedOut });
    await expect(answers).rejects.toMatchObject({
      code: 'NotSignedIn',
      message,
      details: reasons.map((reason) => ({ message: reason })),
    });
  });

  it('changes nothing when the plan is refused', async () => {
    const azure = off();
    const person = new Person('aks', 'Turn it on', 'web', 'shop', '', '', 'No');
    await expect(gatherAnswers(wizard(azure, person))).rejects.toMatchObject({ code: 'Interrupted' });
    expect(azure.puts).toEqual([]);
    expect(azure.created).toEqual([]);
  });

  it('shows the plan and the commands before it asks for the yes', async () => {
    const azure = off();
    const person = new Person('aks', 'Turn it on', 'web', 'shop', '', '', 'Yes');
    await gatherAnswers(wizard(azure, person));
    const plan = azure.notes.join('\n');
    expect(plan).toContain('1. Turn on the pod-identity add-on of cluster aks');
    expect(plan).toContain('  podid enable -g rg -c aks --subscription sub\n  podid add -g rg -c aks');
  });
});
