import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AzureChoice } from '../../../src/cli/run/context.ts';
import { lastError, type Ran, run, silentAzure, subscriptionId } from '../fake-context.ts';

let home: string;
const file = () => join(home, '.config/podid/config.json');
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'podid-config-'));
});
afterEach(() => rmSync(home, { recursive: true }));

function keep(values: object | string): void {
  mkdirSync(join(home, '.config/podid'), { recursive: true });
  writeFileSync(file(), typeof values === 'string' ? values : JSON.stringify(values));
}

const az = { resourceGroup: 'az-group', subscriptionId: '00000000-0000-0000-0000-0000000000aa' };

interface Read {
  readonly ran: Ran;
  /** `SUBSCRIPTION/GROUP/NAME` of the cluster that was read. */
  readonly cluster: string;
  readonly azure: AzureChoice | undefined;
}

/** Runs a command that reads a cluster, and says which. */
async function read(line: string, env: Record<string, string> = {}): Promise<Read> {
  let cluster = '';
  let azure: AzureChoice | undefined;
  const silent = silentAzure([]);
  const ran = await run(line, {
    env: { HOME: home, ...env },
    context: {
      azDefaults: async () => az,
      connectAzure: async (choice) => {
        azure = choice;
        const get = async (id: { subscriptionId: string; resourceGroup: string; name: string }) => {
          cluster = [id.subscriptionId, id.resourceGroup, id.name].join('/');
          throw new Error('seen');
        };
        return { ...silent, clusters: { ...silent.clusters, get } } as never;
      },
    },
  });
  return { ran, cluster, azure };
}

describe('what podid takes where a flag is silent', () => {
  const settings = { 'cluster-name': 'kept', 'resource-group': 'kept-group', subscription: subscriptionId };
  const variables = {
    PODID_CLUSTER_NAME: 'variable',
    PODID_RESOURCE_GROUP: 'variable-group',
    AZURE_SUBSCRIPTION_ID: '00000000-0000-0000-0000-0000000000bb',
  };

  it.each<[string, string, object, Record<string, string>, string]>([
    [
      'a flag before all',
      '-g flag-group -c flag --subscription 00000000-0000-0000-0000-0000000000cc',
      settings,
      variables,
      '00000000-0000-0000-0000-0000000000cc/flag-group/flag',
    ],
    [
      'a variable before a setting',
      '',
      settings,
      variables,
      `${variables.AZURE_SUBSCRIPTION_ID}/variable-group/variable`,
    ],
    ['a setting before az', '', settings, {}, `${subscriptionId}/kept-group/kept`],
    [
      "a setting before az's variable",
      '',
      settings,
      { AZURE_DEFAULTS_GROUP: 'az-variable' },
      `${subscriptionId}/kept-group/kept`,
    ],
    ['az where nothing is kept', '-c flag', {}, {}, `${az.subscriptionId}/az-group/flag`],
    [
      'a setting where its variable is empty',
      '',
      settings,
      { PODID_CLUSTER_NAME: '' },
      `${subscriptionId}/kept-group/kept`,
    ],
    [
      'each by itself',
      '-c flag',
      { 'resource-group': 'kept-group' },
      { AZURE_SUBSCRIPTION_ID: variables.AZURE_SUBSCRIPTION_ID },
      `${variables.AZURE_SUBSCRIPTION_ID}/kept-group/flag`,
    ],
  ])('is %s', async (_, flags, kept, env, cluster) => {
    keep(kept);
    for (const command of ['list', 'status', 'exception list', 'cluster show']) {
      expect((await read(`${command} ${flags}`, env)).cluster, command).toBe(cluster);
    }
  });

  it('is found in XDG_CONFIG_HOME where that is absolute', async () => {
    keep(settings);
    const other = join(home, 'other');
    mkdirSync(join(other, 'podid'), { recursive: true });
    writeFileSync(join(other, 'podid/config.json'), JSON.stringify({ ...settings, 'cluster-name': 'other' }));
    expect((await read('list', { XDG_CONFIG_HOME: other })).cluster).toMatch(/\/other$/);
    expect((await read('list', { XDG_CONFIG_HOME: 'other' })).cluster).toMatch(/\/kept$/);
  });

  it('is the way to sign in and the cloud, too', async () => {
    keep({ ...settings, auth: 'az', cloud: 'AzureUSGovernment' });
    expect((await read('list')).azure).toMatchObject({ auth: 'az', cloud: 'AzureUSGovernment' });
    expect((await read('list', { PODID_AUTH: 'azd' })).azure).toMatchObject({ auth: 'azd' });
    expect((await read('list --auth environment')).azure).toMatchObject({ auth: 'environment' });
  });

  it('is the format of results and errors', async () => {
    keep({ ...settings, output: 'yaml' });
    const { ran } = await read('list --query ][');
    expect([ran.exitCode, ran.stderr]).toEqual([2, expect.not.stringContaining('{"code"')]);
  });

  it('is the mode of commands that have one, and of their hints', async () => {
    keep({ ...settings, mode: 'cluster' });
    const ran = await run('list --raw-cluster', { env: { HOME: home }, json: true });
    expect(lastError(ran).message).toContain('--raw-cluster cannot be used in mode cluster');
    expect((await read('status')).cluster).toMatch(/\/kept$/);
  });

  it.each<[string, object | string, string, string]>([
    [
      'a setting that does not exist',
      { cluster_name: 'x' },
      'Nearest: cluster-name',
      'podid config unset cluster_name',
    ],
    [
      'a value that breaks its rule',
      { 'cluster-name': 'a b' },
      '"a b" is not a cluster name',
      'podid config unset cluster-name',
    ],
    [
      'a value that is none of its choices',
      { mode: 'clustr' },
      'Nearest: cluster',
      'podid config unset mode',
    ],
    [
      'a duration without its unit',
      { 'poll-interval': '5' },
      '"5" is not a duration',
      'podid config unset poll-interval',
    ],
    ['a number', { 'cluster-name': 5 }, 'is not a text', 'podid config unset cluster-name'],
    ['no JSON', 'cluster-name = x', 'it does not hold JSON', 'podid config unset --all'],
    ['a list', '[]', 'it does not hold a JSON object', 'podid config unset --all'],
  ])('is refused with %s, and the hint mends it', async (_, kept, text, hint) => {
    keep(kept);
    const { ran } = await read('list -g g -c c', { PODID_OUTPUT: 'json' });
    expect(ran).toMatchObject({ exitCode: 2, stdout: '', requests: [] });
    expect(lastError(ran).message).toContain(text);
    expect(lastError(ran).message).toContain(file());
    expect(lastError(ran).hint).toBe(hint);
    expect(await run(hint.replace(/^podid /, ''), { env: { HOME: home } })).toMatchObject({ exitCode: 0 });
    expect((await read('list -g g -c c')).cluster).toBe(`${az.subscriptionId}/g/c`);
  });

  it('disturbs neither help nor the version, whatever the file holds', async () => {
    keep('{');
    for (const line of ['--help', 'list --help', '--version']) {
      expect(await run(line, { env: { HOME: home } }), line).toMatchObject({ exitCode: 0 });
    }
  });

  it('is in USERPROFILE where HOME is not set, and may be UTF-16, as PowerShell 5.1 writes it', async () => {
    keep('');
    writeFileSync(file(), Buffer.from(`\ufeff${JSON.stringify(settings)}`, 'utf16le'));
    for (const env of [
      { USERPROFILE: home },
      { HOME: '', USERPROFILE: home },
      { HOME: home, USERPROFILE: '/' },
    ]) {
      const listed = await run('config get cluster-name', { env });
      expect(listed).toMatchObject({ exitCode: 0, stdout: 'kept\n' });
    }
  });

  it('is nothing on a machine without a home', async () => {
    expect(lastError(await run('list', { json: true })).code).toBe('InvalidUsage');
    expect(await run('config list')).toMatchObject({ exitCode: 0, stdout: '[]\n' });
    expect(lastError(await run('config set mode cluster', { json: true })).message).toContain(
      'none of HOME, USERPROFILE and XDG_CONFIG_HOME is set',
    );
  });
});

describe('podid config', () => {
  const config = (line: string, env: Record<string, string> = {}) =>
    run(`config ${line}`, { env: { HOME: home, ...env }, context: { azDefaults: async () => az } });

  it('sets, gets, lists and unsets, in a file for its owner alone', async () => {
    const set = await config('set cluster-name demo');
    expect(JSON.parse(set.stdout)).toEqual({ name: 'cluster-name', value: 'demo', source: 'podid config' });
    expect(set.stderr).toContain(`Set cluster-name in ${file()}.`);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    await config('set mode cluster');
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toEqual({ 'cluster-name': 'demo', mode: 'cluster' });
    expect(await config('get cluster-name')).toMatchObject({ exitCode: 0, stdout: 'demo\n' });
    expect(await config('get cluster-name -o json')).toMatchObject({ stdout: '"demo"\n' });
    const listed = await config('list', { PODID_MODE: 'addon' });
    expect(JSON.parse(listed.stdout)).toEqual([
      { name: 'cluster-name', value: 'demo', source: 'podid config' },
      { name: 'resource-group', value: 'az-group', source: 'az' },
      { name: 'subscription', value: az.subscriptionId, source: 'az' },
      { name: 'mode', value: 'addon', source: 'PODID_MODE' },
    ]);
    expect(await config('unset cluster-name')).toMatchObject({ exitCode: 0 });
    expect(await config('unset cluster-name')).toMatchObject({ exitCode: 0, stdout: 'null\n' });
    expect(await config('get cluster-name')).toMatchObject({ exitCode: 0, stdout: '\n' });
    await config('unset --all');
    expect(await config('get mode')).toMatchObject({ exitCode: 0, stdout: '\n' });
  });

  it('keeps a choice as it is spelled, whatever the case in which it was typed', async () => {
    await config('set MODE Cluster');
    await config('set output Table');
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toEqual({ mode: 'cluster', output: 'table' });
  });

  it.each([
    ['set cluster-nam demo', 'Nearest: cluster-name'],
    ['set cluster-name', 'VALUE is missing'],
    ['set', 'SETTING is missing'],
    ['set cluster-name a/b', 'cluster-name: "a/b" is not a cluster name'],
    ['set mode clusters', 'Nearest: cluster'],
    ['set public-fqdn yes', 'public-fqdn: "yes" is not one of these: true, false.'],
    ['set output xml', 'output: "xml" is not a format'],
    ['set poll-interval 5', '"5" is not a duration'],
    ['set cluster-name a b', '"b" is one word too many'],
    ['get nonsense', '"nonsense" is not one of cluster-name'],
    ['unset nonsense', '"nonsense" is not one of cluster-name'],
    ['unset', 'or --all'],
    ['unset mode --all', 'or --all'],
  ])('refuses %s', async (line, text) => {
    const ran = await config(line);
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain(text);
    expect(() => statSync(file())).toThrow('ENOENT');
  });

  it('says when the file cannot be written', async () => {
    writeFileSync(join(home, '.config'), 'a file');
    const ran = await config('set mode cluster', { PODID_OUTPUT: 'json' });
    expect(lastError(ran)).toMatchObject({
      code: 'InvalidUsage',
      message: `${file()} cannot be written (a part of its path is no folder).`,
    });
  });
});
