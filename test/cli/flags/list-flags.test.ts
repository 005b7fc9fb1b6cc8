import { describe, expect, it } from 'vitest';
import { commandTree } from '../../../src/cli/run/command-tree.ts';
import type { PodIdentity } from '../../../src/domain/entries/pod-identity.ts';
import { lastError, run, subscriptionId } from '../fake-context.ts';
import { oneCluster } from '../one-cluster.ts';

const entry = (namespace: string, name: string, state: string, identity = name): PodIdentity => ({
  namespace,
  name,
  bindingSelector: `${name}-pods`,
  identity: {
    resourceId: `/subscriptions/${subscriptionId}/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${identity}`,
    clientId: 'client-1',
    objectId: 'object-1',
  },
  provisioningState: state,
});
const cluster = oneCluster({
  identities: [
    entry('shop', 'web', 'Assigned', 'b-identity'),
    entry('bank', 'pay', 'Failed', 'c-identity'),
    entry('bank', 'api', 'ASSIGNED', 'a-identity'),
  ],
  exceptions: [{ namespace: 'shop', name: 'old', podLabels: { app: 'old' } }],
});
const where = `-g demo -c demo --subscription ${subscriptionId}`;
const names = async (flags: string) => (await run(`list ${where} -o name ${flags}`, { cluster })).stdout;

describe('a list', () => {
  it.each([
    ['', 'shop/web\nbank/pay\nbank/api\n'],
    ['-A', 'shop/web\nbank/pay\nbank/api\n'],
    ['--all-namespaces', 'shop/web\nbank/pay\nbank/api\n'],
    ['--namespace bank', 'bank/pay\nbank/api\n'],
    ['--state Failed', 'bank/pay\n'],
    ['--state failed', 'bank/pay\n'],
    ['--state Assigned', 'shop/web\nbank/api\n'],
    ['--state Deleting', ''],
    ['--state assigned --namespace bank', 'bank/api\n'],
    ['--sort-by name', 'bank/api\nbank/pay\nshop/web\n'],
    ['--sort-by namespace', 'bank/api\nbank/pay\nshop/web\n'],
    ['--sort-by selector', 'bank/api\nbank/pay\nshop/web\n'],
    ['--sort-by identity', 'bank/api\nshop/web\nbank/pay\n'],
    ['--sort-by state', 'bank/api\nshop/web\nbank/pay\n'],
  ])('holds with %s what it says', async (flags, text) => {
    expect(await names(flags)).toBe(text);
  });

  it('colours the state of each entry on a terminal, and only there', async () => {
    const states = async (env: Record<string, string>, terminal = true) =>
      (await run(`list ${where} -o table`, { cluster, terminal, columns: 120, env })).stdout;
    const coloured = await states({});
    expect(coloured).toContain('\u001b[31mFailed');
    expect(coloured).toContain('\u001b[32mAssigned');
    expect(await states({ NO_COLOR: '1' })).not.toContain('\u001b[');
    expect(await states({}, false)).not.toContain('\u001b[');
  });

  it('shows with -o wide the managed identities, and cuts nothing', async () => {
    const options = { cluster, terminal: true, columns: 40, env: { NO_COLOR: '1' } };
    const wide = await run(`list ${where} -o wide`, options);
    expect(wide.stdout.split('\n')[0]).toMatch(/^NAME +NAMESPACE +SELECTOR +IDENTITY +CLIENT-ID +STATE$/);
    expect(wide.stdout).toContain('c-identity');
    expect(wide.stdout).not.toContain('…');
    expect((await run(`list ${where} -o table`, options)).stdout).toContain('…');
  });

  it.each([
    ['exception list', 'shop/old\n'],
    ['exception ls -A', 'shop/old\n'],
    ['ls --state Failed', 'bank/pay\n'],
  ])('of %s prints names', async (line, text) => {
    expect((await run(`${line} ${where} -o name`, { cluster })).stdout).toBe(text);
  });

  it.each([
    [`list ${where} -A --namespace bank`, '--all-namespaces and --namespace contradict'],
    [`exception list ${where} -A --namespace bank`, '--all-namespaces and --namespace contradict'],
    [`list ${where} --state Faild`, 'Nearest: Failed'],
    [`list ${where} --sort-by nam`, 'Nearest: name'],
    [`list ${where} --state Failed --raw-cluster`, '--state and --raw-cluster contradict'],
    [`list ${where} --sort-by name --raw-cluster`, '--sort-by and --raw-cluster contradict'],
    [`list ${where} --raw-cluster -o name`, 'this result has no names'],
    [`list ${where} -o name --query [0]`, '--query and --output name contradict'],
    [`status ${where} -o name`, 'this result has no names'],
    [`delete ${where} -o name --namespace a --name b`, 'this result has no names'],
  ])('is refused before any request: %s', async (line, text) => {
    const ran = await run(line, { cluster });
    expect(ran).toMatchObject({ exitCode: 2, stdout: '', requests: [] });
    expect(ran.stderr).toContain(text);
  });
});

describe('another name of a command', () => {
  it('is none that a command, a group or another alias has', () => {
    const words = [...commandTree.commands, ...commandTree.groups].map((each) => each.words.join(' '));
    const aliases = commandTree.commands.flatMap(({ words: own, alias }) =>
      alias === undefined ? [] : [[...own.slice(0, -1), alias].join(' ')],
    );
    expect(new Set([...words, ...aliases]).size).toBe(words.length + aliases.length);
    expect(aliases).toContain('ls');
  });

  it('stands in its help, and hints name the command itself', async () => {
    expect((await run('ls --help')).stdout).toContain('podid ls is the same.');
    expect(lastError(await run('ls --nonsense', { json: true })).hint).toBe('podid list --help');
  });
});
