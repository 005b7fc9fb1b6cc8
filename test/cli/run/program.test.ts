import { describe, expect, it } from 'vitest';
import { scenarioNames } from '../../../src/cli/flags/scenario-names.ts';
import { commandTree } from '../../../src/cli/run/command-tree.ts';
import { scenarioCatalog } from '../../../src/emulator/scenarios/scenario-catalog.ts';
import { command } from '../../../src/errors/hint.ts';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { sourceFiles } from '../../architecture/source-files.ts';
import { identityId, lastError, run, subscriptionId } from '../fake-context.ts';

const cluster = `-g demo -c demo --subscription ${subscriptionId}`;
const clusterId = `/subscriptions/${subscriptionId}/resourceGroups/demo/providers/Microsoft.ContainerService/managedClusters/demo`;

describe('a command line', () => {
  it('shows help on stdout when podid is typed alone', async () => {
    const ran = await run('');
    expect(ran).toMatchObject({ exitCode: 0, stderr: '', requests: [] });
    expect(ran.stdout).toContain('exception add');
  });

  it.each(['--help', '-h', 'help'])('shows help on stdout for %s', async (word) => {
    expect((await run(word)).stdout).toContain('Global flags:');
  });

  it.each(['add --help', 'help add', '--help add', 'add -h --namespace', 'add --nonsense --help'])(
    'shows the help of a command for %s',
    async (line) => {
      const ran = await run(line);
      expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
      expect(ran.stdout).toContain('podid add: let pods of a namespace use a managed identity');
    },
  );

  it('shows the help of a group when asked', async () => {
    const ran = await run('exception --help');
    expect(ran.exitCode).toBe(0);
    expect(ran.stdout).toMatch(/^ {2}update +replace/m);
  });

  it('says its version', async () => {
    expect(await run('--version')).toMatchObject({ exitCode: 0, stdout: '1.2.3\n' });
  });

  it('refuses a bare group and names the words that may follow', async () => {
    const ran = await run('exception');
    expect(ran).toMatchObject({ exitCode: 2, stdout: '' });
    expect(ran.stderr).toContain('podid exception needs a subcommand: add, update, delete, list, show.');
  });

  it.each([
    ['lst', 'Did you mean podid list?'],
    ['aks pod-identity list', 'Did you mean podid list?'],
    ['az aks pod-identity exception add', 'Did you mean podid exception add?'],
    ['exception version', 'Did you mean podid exception --version?'],
    ['vresion', 'Did you mean podid version?'],
    ['\u2014help', 'begins with a long dash'],
    ['li\u200bst', '\\u200b'],
    ['exeption add', 'Did you mean podid exception?'],
    ['exception ad', 'Did you mean podid exception add?'],
    ['stat', 'Did you mean podid status?'],
    ['frobnicate', 'podid has no command "frobnicate".'],
  ])('answers the mistyped command %s', async (line, answer) => {
    const ran = await run(line);
    expect(ran).toMatchObject({ exitCode: 2, stdout: '', requests: [] });
    expect(ran.stderr).toContain(answer);
  });

  it('collects missing, unknown, doubled and malformed flags in one answer', async () => {
    const ran = await run([
      ...'add -g demo -g other --subscription 1 --namespace Shop --nmae web'.split(' '),
      ...[
        '--identity-resource-id',
        `${identityId}/x`,
        '--binding-selector=-',
        '--timeout',
        '5',
        '--output',
        'jsn',
      ],
      ...[
        '--poll-interval',
        '--query',
        '[?',
        '--aks-custom-headers',
        'Host=evil,x=1\r\ny',
        '--exit-code',
        'stray',
      ],
    ]);
    expect(ran).toMatchObject({ exitCode: 2, stdout: '', requests: [] });
    expect(ran.stderr).toContain('hint: podid add --help\n');
    const told = [...ran.stderr.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, flag]) => flag);
    expect(ran.stderr).toMatch(/^ {2}.*"?stray"?/m);
    expect(ran.stderr).toContain('no flag --nmae');
    expect(new Set(told)).toEqual(
      new Set([
        '--resource-group',
        '--cluster-name',
        '--namespace',
        '--identity-resource-id',
        '--binding-selector',
        '--timeout',
        '--output',
        '--poll-interval',
        '--query',
        '--aks-custom-headers',
        '--exit-code',
      ]),
    );
    expect(ran.stderr).toContain('--nmae. Did you mean --name?');
    expect(ran.stderr).toContain('Nearest: json');
    expect(ran.stderr).toContain(`Nearest: ${identityId}`);
  });

  it('reports one fault as a sentence, with the hint on its own line', async () => {
    const ran = await run(`show ${cluster} --namespace Shop --name web`, { env: { PODID_OUTPUT: 'tsv' } });
    expect(ran.stderr).toBe(
      'podid: --namespace: "Shop" is not a namespace: 1 to 63 lower-case letters, digits and "-", with a letter or digit at both ends. Nearest: shop\nhint: podid show --help\n',
    );
  });

  it('is one line of JSON on stderr when JSON was asked for', async () => {
    const ran = await run(`show ${cluster} --namespace Shop --name web -o json`);
    expect(ran.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(lastError(ran)).toMatchObject({ code: 'InvalidUsage', details: [{ flag: '--namespace' }] });
  });

  it.each([
    [`show ${cluster} --namespace= --name web`, '--namespace'],
    [`list ${cluster} -n shop`, 'Did you mean --namespace?'],
    [`list ${cluster} --debug=true`, '--debug takes no value'],
    [`delete ${cluster} --failed --name web`, '--name and --failed exclude each other.'],
    [`delete ${cluster}`, '--namespace is missing'],
    [
      `update ${cluster} --namespace shop --name web`,
      'Give --binding-selector, or another managed identity by --identity or --identity-resource-id, or both.',
    ],
    [
      `cluster update ${cluster}`,
      'Give one of --enable-managed-identity, --assign-identity, --assign-kubelet-identity, --upgrade-node-images.',
    ],
    [`exception add ${cluster} --namespace shop --name old --pod-labels`, '--pod-labels needs a value'],
    [`exception add ${cluster} --namespace shop --name old --pod-labels=`, '--pod-labels needs at least one'],
    [`exception update ${cluster} --namespace shop --pod-labels a=b`, '--name is missing'],
    [`list --cluster-id /subscriptions/1/x`, '--cluster-id'],
    [
      `list ${cluster} --cluster-id /subscriptions/1/x`,
      '--resource-group and --cluster-id name the cluster twice',
    ],
    [`wait ${cluster} --for gone`, 'is not one of assigned, deleted, idle'],
    [`wait ${cluster} --for assigned`, '--name is missing'],
    [`list ${cluster} --query podIdentityProfile.enabled`, '--raw-cluster'],
    [`list ${cluster} --cloud azureclod`, 'Nearest: AzureCloud'],
    [`list ${cluster.replace('-c demo', `-c ${clusterId}`)}`, `id: --cluster-id ${clusterId}`],
    [`status ${cluster.replace('-c demo', `-c ${clusterId.toLowerCase()}`)}`, 'id: --cluster-id /sub'],
    ...[
      'foo(@)',
      '[?foo(name)]',
      'nothing.there.foo(@)',
      'length(a, b)',
      'sort_by(@, name)',
      'toString(@)',
      'podid_gt(a, b)',
    ].flatMap((query) =>
      ['enable', 'disable', 'add --namespace a --identity b', 'mirror', 'apply -f x', 'nmi install'].map(
        (line): [string | string[], string] => [
          [...`${line} ${cluster}`.split(' '), '--query', query],
          'is not a JMESPath expression',
        ],
      ),
    ),
    ...[
      'enable',
      'disable --yes',
      'apply -f pods.yaml',
      'mirror',
      'cluster update --enable-managed-identity --yes',
      'policy kubenet --apply',
      'doctor --fix --yes',
      'plan -f pods.yaml',
      'init --namespace a --identity-resource-id b --yes',
    ].map((line): [string[], string] => [
      [...`${line} ${cluster}`.split(' '), '--query', 'join(`,`, @)'],
      'does not fit the result',
    ]),
    [`list ${cluster} --tenant a/b`, '--tenant'],
    [`-g demo list`, '-g must come after the command'],
    ['-v list', 'This command has no flag -v.'],
    ['--frob exception list', 'This command has no flag --frob.'],
    ['--namespaces shop list', 'This command has no flag --namespaces. Did you mean --namespace?'],
    ['--frob', '--frob must come after the command'],
    [`emulator --port 65536 --time soon`, '--time'],
  ])('refuses %s before any request', async (line, text) => {
    const ran = await run(line);
    expect(ran).toMatchObject({ exitCode: 2, stdout: '', requests: [] });
    expect(ran.stderr).toContain(text);
  });

  it.each(['json', 'JSON', 'Json'])('prints as %s, whatever the case of its letters', async (format) => {
    const [byFlag, byVariable, refused] = await Promise.all([
      run(`version -o ${format}`),
      run('version', { env: { PODID_OUTPUT: format } }),
      run('list', { env: { PODID_OUTPUT: format } }),
    ]);
    expect(JSON.parse(byFlag.stdout)).toMatchObject({
      version: '1.2.3',
      commit: '0123456789ab',
      builtAt: '2026-11-30T08:00:00Z',
      node: process.version,
    });
    expect(byVariable.stdout).toBe(byFlag.stdout);
    expect(lastError(refused)).toMatchObject({ code: 'InvalidUsage' });
  });

  it.each([
    ['list --mode Addon --cloud AZURECLOUD --auth AZ', {}],
    ['list', { PODID_MODE: 'AddOn', PODID_CLOUD: 'azurecloud', PODID_PUBLIC_FQDN: 'False' }],
    ['list --sort-by NAME --state ASSIGNED', {}],
    ['wait --for Idle', {}],
    ['export --from ARM', {}],
  ])('takes every choice of %s in any case, as az does', async (line, env) => {
    const ran = await run(`${line} ${cluster}`, { env });
    expect(ran.stderr).not.toContain('is not one of');
    expect(ran.requests).not.toEqual([]);
  });

  it('takes a word in any case, too', async () => {
    expect((await run('completion BASH')).stdout).toBe((await run('completion bash')).stdout);
  });

  it('names variables and az as other sources of a missing cluster', async () => {
    const ran = await run('list', { json: true });
    expect(lastError(ran).details.map((detail) => detail.message)).toEqual([
      '--cluster-name is missing: give it, or set PODID_CLUSTER_NAME, or keep it by podid config set cluster-name NAME.',
      "--resource-group is missing: give it, or set PODID_RESOURCE_GROUP or AZURE_DEFAULTS_GROUP, or keep it by podid config set resource-group NAME; az's default group is not set either.",
      "--subscription is missing: give it, or set AZURE_SUBSCRIPTION_ID, or keep it by podid config set subscription ID; az's default subscription is not set either.",
    ]);
  });

  it('refuses an unreadable variable as it refuses a flag', async () => {
    const env = { PODID_OUTPUT: 'xml', PODID_POLL_INTERVAL: 'often' };
    const ran = await run(`delete ${cluster} --namespace shop --name web`, { env });
    expect(ran.stderr).toMatch(/^ {2}PODID_OUTPUT: .*\n {2}PODID_POLL_INTERVAL: /m);
  });

  it('calls a fault of its own by that name, and shows the stack only with --debug', async () => {
    const ran = await run(`list ${cluster} -o table`);
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toContain('this is a fault of podid itself');
    expect(ran.stderr).not.toContain('fake-context.ts');
    expect((await run(`list ${cluster} -o table --debug`)).stderr).toContain('fake-context.ts');
  });
});

describe('a slip of the hand', () => {
  const list = `list ${cluster}`.split(' ');
  it.each([
    ['a long dash', ['\u2014namespace', 'shop'], 'begins with a long dash', 'Did you mean --namespace?'],
    ['a word of blanks', [' '], 'has only spaces', 'backslash at the end of a line'],
    ['the word help', ['help'], 'one word too many', 'Did you mean --help?'],
    ['a blank that is none', ['--namespace', 'sh\u00a0op'], '\\u00a0', 'Nearest: sh-op'],
    ['a flag without its value', ['--namespace'], '--namespace needs a value', '--namespace NAMESPACE.'],
  ])('with %s is named', async (_, words, first, second) => {
    const ran = await run([...list, ...words], { json: true });
    expect(ran).toMatchObject({ exitCode: 2, stdout: '', requests: [] });
    const told = lastError(ran)
      .details.map(({ message }) => message)
      .join('\n');
    expect(told).toContain(first);
    expect(told).toContain(second);
  });

  it.each(['-g', '-g ', '-g='])('is none in %j before a value', async (flag) => {
    const ran = await run(['list', ...`${flag}a/b`.split(' '), '-c=demo']);
    expect(ran.stderr).toContain('--resource-group: "a/b" is not a resource group');
    expect(ran.stderr).not.toContain('--cluster-name');
  });

  it('that leaves out a flag is reported with how to give it', async () => {
    const ran = await run(`exception add ${cluster} --namespace shop --name old`, { json: true });
    expect(lastError(ran).message).toBe('--pod-labels is missing: give --pod-labels K=V.');
  });

  it("of az's own query is answered with the way that works", async () => {
    const ran = await run([...list, '--query', 'podIdentityProfile.userAssignedIdentities[].name'], {
      json: true,
    });
    expect(lastError(ran).message).toContain(
      "--raw-cluster --query 'podIdentityProfile.userAssignedIdentities[].name'",
    );
  });
});

const identity =
  '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web';
const machine = identity.replace('ManagedIdentity/userAssignedIdentities', 'Compute/virtualMachineScaleSets');

describe('an id that Git Bash changed', () => {
  it.each([
    [['add', '--namespace', 'a', '--identity-resource-id'], identity],
    [['update', '--namespace', 'a', '--name', 'b', '--identity-resource-id'], identity],
    [['cluster', 'update', '--assign-identity'], identity],
    [['cluster', 'update', '--assign-kubelet-identity'], identity],
    [['node', 'assign', '--identities'], identity],
    [['node', 'assign', '--identities', identity, '--vmss'], machine],
    [['token', '--resource', 'r', '--identity-resource-id'], identity],
    [
      ['status', '--cluster-id'],
      identity.replace('ManagedIdentity/userAssignedIdentities', 'ContainerService/managedClusters'),
    ],
  ])('comes back with %j as it was', async (words, id) => {
    const where = words.some((word) => ['--cluster-id', 'token'].includes(word)) ? '' : cluster;
    const ran = await run([...words, `C:/Program Files/Git${id}`, ...where.split(' ').filter(Boolean)]);
    expect(ran).toMatchObject({ exitCode: 2, requests: [] });
    expect(ran.stderr).toContain(`Nearest: ${id}`);
    expect(ran.stderr).toContain('MSYS_NO_PATHCONV=1');
  });
});

describe('a kubeconfig of an emulator that has ended', () => {
  it('is reported with what starts one', async () => {
    const env = {
      PODID_ARM_ENDPOINT: 'http://127.0.0.1:9',
      PODID_ARM_TOKEN: 't',
      KUBECONFIG: '/nonexistent/podid-emulator-x1/kubeconfig',
    };
    const checkKubeconfig = async () => {
      throw new PodidError('InvalidKubeconfig', 'The kubeconfig cannot be read: ENOENT.');
    };
    const line = `delete ${cluster} --namespace shop --name web`;
    const ran = await run(line, { env, json: true, context: { checkKubeconfig } });
    expect(ran).toMatchObject({ exitCode: 2, requests: [] });
    expect(lastError(ran).message).toContain(
      '/nonexistent/podid-emulator-x1/kubeconfig (KUBECONFIG) is gone',
    );
    expect(lastError(ran).hint).toMatch(/^podid emulator --write-env/);
    const elsewhere = await run(line, {
      env: { ...env, PODID_ARM_ENDPOINT: 'https://arm.example' },
      json: true,
      context: { checkKubeconfig },
    });
    expect(lastError(elsewhere).message).toBe('The kubeconfig cannot be read: ENOENT.');
  });
});

describe('help', () => {
  it('lists the commands by what they are for', async () => {
    const { stdout } = await run('--help');
    const headings = [...stdout.matchAll(/^(\w.*):$/gm)].map(([, heading]) => heading);
    expect(headings.toSorted()).toEqual(
      [
        ...['Pod identities', 'Exceptions', 'The add-on', 'Many at once', 'First time', 'In the cluster'],
        ...['The cluster', 'Managed identities', 'Node identities', 'In a pod', 'Habits', 'To try it'],
        ...['The way out', 'Topics', 'Global flags'],
      ].toSorted(),
    );
    expect(stdout).toMatch(/^Usage: podid COMMAND \[flags\]$/m);
  });

  it('of a command begins with how it is called and ends with where the global flags are', async () => {
    const { stdout } = await run('add --help', { columns: 300, terminal: true });
    expect(stdout).toMatch(/^Usage: podid add --namespace NAMESPACE \[flags\]$/m);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('Global flags: podid --help');
    expect(stdout).not.toContain('--output');
  });

  const lines = [
    '--help',
    ...['environment', 'exit-codes', 'formats'].map((topic) => `help ${topic}`),
    ...commandTree.commands.map(({ words }) => `${words.join(' ')} --help`),
  ];
  it.each([60, 80, 132])('is as wide as a terminal of %i columns, and breaks no word', async (columns) => {
    for (const line of lines) {
      const { stdout } = await run(line, { columns, terminal: true });
      for (const each of stdout.split('\n').filter(({ length }) => length > columns)) {
        // A word that is longer than the line stands alone, and so does a head with its names.
        expect(each, line).toMatch(/^ *(?:podid |--?[a-z]|\S+$)/);
      }
    }
  });

  it('uses the room that a wide terminal has', async () => {
    const longest = async (columns: number) =>
      Math.max(
        ...(await run('help formats', { columns, terminal: true })).stdout
          .split('\n')
          .map((line) => line.length),
      );
    expect(await longest(200)).toBeGreaterThan(150);
    expect(await longest(70)).toBeLessThanOrEqual(70);
  });

  it.each([
    ['environment', 'PODID_ARM_ENDPOINT'],
    ['exit-codes', '(az: 3)'],
    ['formats', 'tsv'],
  ])('has the topic %s', async (topic, text) => {
    const ran = await run(`help ${topic}`);
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
    expect(ran.stdout).toContain(text);
    expect((await run('--help')).stdout).toContain(`help ${topic}`);
  });

  it.each([
    ['help enviroment', 'Did you mean podid help environment?'],
    ['help exit-code', 'Did you mean podid help exit-codes?'],
    ['help delet', 'Did you mean podid delete?'],
    ['environment', 'podid has no command'],
  ])('answers %s, which is neither command nor topic, with what was meant', async (line, meant) => {
    const ran = await run(line);
    expect(ran).toMatchObject({ exitCode: 2, stdout: '' });
    expect(ran.stderr).toContain(meant);
  });

  it('names every variable that podid reads', async () => {
    const { stdout } = await run('help environment');
    const read = sourceFiles('src')
      .filter(({ path }) => !/^src\/(?:nmi|mic|emulator)\//.test(path))
      .flatMap(({ text }) => [...text.matchAll(/(?:env(?:ironment)?\['|variable: ')([A-Z_]+)'/g)])
      .map(([, name = '']) => name)
      // What says where podid was started is nobody's to set for it.
      .filter((name) => !['PATH', 'SHELL', 'MSYSTEM'].includes(name));
    expect(read.length).toBeGreaterThan(20);
    expect(read.filter((name) => !stdout.includes(name))).toEqual([]);
  });
});

describe('the scenarios in the help of the emulator', () => {
  it('are those that it knows', () => {
    expect([...scenarioNames]).toEqual(Object.keys(scenarioCatalog));
  });
});

describe('a hint', () => {
  it.each([
    [
      'nmi install --kubeconfig lab.yaml --context=-lab --alongside --set podid.image.repository=registry.example.net/podid adminsecret.clientSecret=y',
      'podid nmi install --kubeconfig lab.yaml --context=-lab --alongside --set podid.image.repository=registry.example.net/podid --set adminsecret.clientSecret=VALUE --force',
    ],
    ['nmi status --kubeconfig lab.yaml --probe', 'podid nmi install --force --kubeconfig lab.yaml'],
  ])('after %s goes to the same cluster', async (line, hint) => {
    const refused = new PodidError('AgentRefused', 'It is there.', {
      hint: command('podid nmi install --force').again(),
    });
    const ran = await run(line, { json: true, context: { connectCluster: () => Promise.reject(refused) } });
    expect(lastError(ran)).toMatchObject({ code: 'AgentRefused', hint });
  });
});

describe('what is wrong with a command line', () => {
  it.each([
    [
      'from-az',
      ['AZ-COMMAND is missing: an az command in quotes, or a script on stdin: podid from-az < script.sh.'],
      'podid from-az --help',
    ],
    [
      'from-az az aks pod-identity list -g demo-rg --cluster-name demo',
      ["Put the az command into quotes: podid from-az 'az aks pod-identity list …'."],
      'podid from-az --help',
    ],
    ['completion', ['SHELL is missing: give bash, zsh, fish or powershell.'], 'podid completion --help'],
    ['lisst', ['podid has no command "lisst". Did you mean podid list?'], 'podid list --help'],
    [
      'exception ad',
      ['podid exception has no command "ad". Did you mean podid exception add?'],
      'podid exception add --help',
    ],
  ])('is told once, and as it is: %s', async (line, messages, hint) => {
    const ran = await run(line, { json: true, context: { readStdin: async () => '' } });
    const { details, ...error } = lastError(ran);
    expect([error.hint, details.map(({ message }) => message)]).toEqual([hint, messages]);
    expect(ran.exitCode).toBe(2);
  });
});
