import { describe, expect, it } from 'vitest';
import { scenarioNames } from '../../../src/cli/flags/scenario-names.ts';
import { scenarioCatalog } from '../../../src/emulator/scenarios/scenario-catalog.ts';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { identityId, lastError, run, subscriptionId } from '../fake-context.ts';

const cluster = `-g demo -c demo --subscription ${subscriptionId}`;

describe('a command line', () => {
  it('shows help on stdout when podid is typed alone', async () => {
    const ran = await run('');
    expect(ran).toMatchObject({ exitCode: 0, stderr: '', requests: [] });
    expect(ran.stdout).toContain('exception add');
  });

  it.each(['--help', '-h', 'help'])('shows help on stdout for %s', async (word) => {
    expect((await run(word)).stdout).toContain('Flags of every command');
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
    expect(ran.stderr).toContain('podid exception needs one more word: add, update, delete, list, show.');
  });

  it.each([
    ['lst', 'Did you mean podid list?'],
    ['aks pod-identity list', 'Did you mean podid list?'],
    ['az aks pod-identity exception add', 'Did you mean podid exception add?'],
    ['version', 'Did you mean podid --version?'],
    ['\u2014help', 'begins with a long dash'],
    ['li\u200bst', '\\\\u200b'],
    ['exeption add', 'Did you mean podid exception?'],
    ['exception ad', 'Did you mean podid exception add?'],
    ['stat', 'Did you mean podid status?'],
    ['frobnicate', 'podid has no command \\"frobnicate\\"."'],
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
    const error = lastError(ran);
    expect(error.code).toBe('InvalidUsage');
    expect(error.hint).toBe('podid add --help');
    expect(new Set(error.details.map((detail) => detail.flag))).toEqual(
      new Set([
        '--resource-group',
        '--cluster-name',
        '--namespace',
        '--nmae',
        '--identity-resource-id',
        '--binding-selector',
        '--timeout',
        '--output',
        '--poll-interval',
        '--query',
        '--aks-custom-headers',
        '--exit-code',
        'stray',
      ]),
    );
    expect(ran.stderr).toContain('--nmae. Did you mean --name?');
    expect(ran.stderr).toContain('Nearest: json');
    expect(ran.stderr).toContain(`Nearest: ${identityId}`);
  });

  it('tells one fault as a sentence, with the hint on its own line', async () => {
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
    [`update ${cluster} --namespace shop --name web`, '--binding-selector is missing'],
    [`exception add ${cluster} --namespace shop --name old --pod-labels`, '--pod-labels needs a value'],
    [`exception add ${cluster} --namespace shop --name old --pod-labels=`, '--pod-labels needs at least one'],
    [`exception add ${cluster} --namespace shop --pod-labels a=b`, '--name is missing'],
    [`list --cluster-id /subscriptions/1/x`, '--cluster-id'],
    [
      `list ${cluster} --cluster-id /subscriptions/1/x`,
      '--resource-group and --cluster-id name the cluster twice',
    ],
    [`wait ${cluster} --for gone`, 'is none of assigned, deleted, idle'],
    [`wait ${cluster} --for assigned`, '--name is missing'],
    [`list ${cluster} --query podIdentityProfile.enabled`, '--raw-cluster'],
    [`list ${cluster} --cloud azurecloud`, 'Nearest: AzureCloud'],
    [`list ${cluster} --tenant a/b`, '--tenant'],
    [`-g demo list`, '-g stands before the command'],
    [`emulator --port 65536 --time soon`, '--time'],
  ])('refuses %s before any request', async (line, text) => {
    const ran = await run(line);
    expect(ran).toMatchObject({ exitCode: 2, stdout: '', requests: [] });
    expect(ran.stderr).toContain(text);
  });

  it('names variables and az as other sources of a missing cluster', async () => {
    const ran = await run('list');
    expect(lastError(ran).details.map((detail) => detail.message)).toEqual([
      '--cluster-name is missing: give it, or set PODID_CLUSTER_NAME.',
      "--resource-group is missing: give it, or set PODID_RESOURCE_GROUP or AZURE_DEFAULTS_GROUP; az's default group is not set either.",
      "--subscription is missing: give it, or set AZURE_SUBSCRIPTION_ID; az's default subscription is not set either.",
    ]);
  });

  it('refuses an unreadable variable as it refuses a flag', async () => {
    const env = { PODID_OUTPUT: 'xml', PODID_POLL_INTERVAL: 'often' };
    const ran = await run(`delete ${cluster} --namespace shop --name web`, { env });
    expect(lastError(ran).details.map((detail) => detail.flag)).toEqual([
      'PODID_OUTPUT',
      'PODID_POLL_INTERVAL',
    ]);
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
    ['a word of blanks', [' '], 'of blanks alone', 'backslash at the end of a line'],
    ['the word help', ['help'], 'one word too many', 'Did you mean --help?'],
    ['a blank that is none', ['--namespace', 'sh\u00a0op'], '\\u00a0', 'Nearest: sh-op'],
    ['a flag without its value', ['--namespace'], '--namespace needs a value', '--namespace NAMESPACE.'],
  ])('with %s is named', async (_, words, first, second) => {
    const ran = await run([...list, ...words]);
    expect(ran).toMatchObject({ exitCode: 2, stdout: '', requests: [] });
    const told = lastError(ran)
      .details.map(({ message }) => message)
      .join('\n');
    expect(told).toContain(first);
    expect(told).toContain(second);
  });

  it('that leaves out a flag is told with how to give it', async () => {
    const ran = await run(`exception add ${cluster} --namespace shop --name old`);
    expect(lastError(ran).message).toBe('--pod-labels is missing: give --pod-labels K=V.');
  });

  it("of az's own query is answered with the way that works", async () => {
    const ran = await run([...list, '--query', 'podIdentityProfile.userAssignedIdentities[].name']);
    expect(lastError(ran).message).toContain(
      "--raw-cluster --query 'podIdentityProfile.userAssignedIdentities[].name'",
    );
  });
});

describe('a kubeconfig of an emulator that has ended', () => {
  it('is told with what starts one', async () => {
    const env = {
      PODID_ARM_ENDPOINT: 'http://127.0.0.1:9',
      PODID_ARM_TOKEN: 't',
      KUBECONFIG: '/nonexistent/kubeconfig',
    };
    const checkKubeconfig = async () => {
      throw new PodidError('InvalidKubeconfig', 'The kubeconfig cannot be read: ENOENT.');
    };
    const line = `delete ${cluster} --namespace shop --name web`;
    const ran = await run(line, { env, context: { checkKubeconfig } });
    expect(ran).toMatchObject({ exitCode: 2, requests: [] });
    expect(lastError(ran).message).toContain('/nonexistent/kubeconfig (KUBECONFIG) is gone');
    expect(lastError(ran).hint).toMatch(/^podid emulator --write-env/);
    const elsewhere = await run(line, {
      env: { ...env, PODID_ARM_ENDPOINT: 'https://arm.example' },
      context: { checkKubeconfig },
    });
    expect(lastError(elsewhere).message).toBe('The kubeconfig cannot be read: ENOENT.');
  });
});

describe('the scenarios in the help of the emulator', () => {
  it('are those that it knows', () => {
    expect([...scenarioNames]).toEqual(Object.keys(scenarioCatalog));
  });
});
