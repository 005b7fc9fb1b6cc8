import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { identityId, lastError, run, silentAzure, subscriptionId } from '../fake-context.ts';
import { oneCluster } from '../one-cluster.ts';

const where = `-g demo -c demo --subscription ${subscriptionId}`;
const entry = '--namespace shop --name web';

/** Runs a command up to the cluster's API, and says how Azure was asked for its credentials. */
async function askedFor(line: string, env: Record<string, string> = {}) {
  const asked: unknown[] = [];
  const silent = silentAzure([]);
  const ran = await run(line, {
    env,
    context: {
      connectAzure: async () =>
        ({
          ...silent,
          clusters: {
            ...silent.clusters,
            get: async () => oneCluster({ enabled: !line.includes('--mode cluster') }),
            userKubeconfig: async (_id: unknown, _signal: unknown, options: unknown) => {
              asked.push(options);
              throw new Error('seen');
            },
          },
        }) as never,
      connectCluster: async ({ fetchUserKubeconfig, signal }) => {
        await fetchUserKubeconfig(signal);
        throw new Error('seen');
      },
    },
  });
  return { asked, ran };
}

/** One that each way of opening a cluster's API serves. */
const commands = [
  `mirror ${where}`,
  `status ${where} --drift`,
  `list ${where} --mode cluster`,
  `exception list ${where} --mode cluster`,
  `export ${where} --from cluster`,
  `nmi status ${where}`,
  `policy kubenet ${where} --apply`,
  `nmi uninstall ${where} --dry-run`,
  `doctor ${where}`,
  `add ${where} ${entry} --identity-resource-id ${identityId} --mode cluster`,
  ...['exchange status', 'migrate plan', 'migrate status', 'takeover plan', 'takeover status', 'access'].map(
    (words) => `${words} ${where}`,
  ),
  ...['nmi collect', 'nmi top'].map((words) => `${words} ${where}`),
];

describe('the kubeconfig that kubectl would take', () => {
  const folder = mkdtempSync(join(tmpdir(), 'podid-kubeconfig-'));
  const file = join(folder, 'config');
  writeFileSync(file, '');
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([file, `:${file}`, `/nonexistent/config:${file}`, `${file}:/nonexistent/config`])(
    'is found by KUBECONFIG=%s where no cluster is named',
    async (list) => {
      const ran = await run('nmi status', {
        env: { KUBECONFIG: list },
        context: { checkKubeconfig: async () => undefined },
      });
      expect(ran.stderr).toContain(`Using the current context of ${list}.`);
    },
  );

  it.each(['/nonexistent/a:/nonexistent/b', '/nonexistent/a'])('is missed at KUBECONFIG=%s', async (list) => {
    const ran = await run('nmi status', { env: { KUBECONFIG: list } });
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain('--kubeconfig is missing');
  });
});

describe("the kubeconfig of an emulator's environment", () => {
  const emulators = `${join(tmpdir(), 'podid-emulator-a1b2c3')}/kubeconfig`;
  const loopback = 'http://127.0.0.1:1';
  const line = `list ${where} --mode cluster`;
  const isGone = /is gone, and with it probably the emulator at PODID_ARM_ENDPOINT/;

  it.each([
    [loopback, emulators],
    ['https://localhost:1', emulators],
    ['http://[::1]:1', 'C:\\Temp\\podid-emulator-a1b2c3\\kubeconfig'],
  ])('that is gone took the emulator at %s along: %s', async (endpoint, path) => {
    const ran = await missing(endpoint, path);
    expect(lastError(ran).message).toMatch(isGone);
    expect(lastError(ran).hint).toContain('podid emulator');
  });

  it.each([
    ['the path is another', loopback, join(tmpdir(), 'podid-kubeconfig-none', 'kubeconfig')],
    ['the file is beside it', loopback, join(tmpdir(), 'podid-emulator-a1b2c3', 'config')],
    ['the folder is below it', loopback, join(tmpdir(), 'podid-emulator-a1b2c3', 'more', 'kubeconfig')],
    ['it is a list of files', loopback, `${emulators}:/nonexistent/config`],
    ['it is the last of a list', loopback, `/nonexistent/config:${emulators}`],
    ['it is the last of a list on Windows', loopback, 'C:\\k;C:\\Temp\\podid-emulator-a1b2c3\\kubeconfig'],
    ['the endpoint is a lab elsewhere', 'https://arm.example.test', emulators],
  ])('is not said to have been an emulator where %s', async (_what, endpoint, path) => {
    const ran = await missing(endpoint, path);
    expect(lastError(ran)).toMatchObject({ code: 'InvalidKubeconfig', message: `cannot read ${path}` });
  });

  it('is not said to be gone while it is there', async () => {
    const parent = mkdtempSync(join(tmpdir(), 'podid-emulator-'));
    writeFileSync(join(parent, 'kubeconfig'), '');
    const ran = await missing(loopback, join(parent, 'kubeconfig')).finally(() =>
      rmSync(parent, { recursive: true }),
    );
    expect(lastError(ran).message).not.toMatch(isGone);
  });

  function missing(endpoint: string, path: string) {
    return run(line, {
      env: { PODID_ARM_ENDPOINT: endpoint, KUBECONFIG: path, PODID_OUTPUT: 'json' },
      context: {
        checkKubeconfig: async () => {
          throw new PodidError('InvalidKubeconfig', `cannot read ${path}`);
        },
      },
    });
  }
});

describe('the public name of a private cluster', () => {
  it.each(commands)('is where %s goes with --public-fqdn, or with its variable', async (line) => {
    expect((await askedFor(`${line} --public-fqdn`)).asked).toContainEqual({ publicFqdn: true });
    expect((await askedFor(line, { PODID_PUBLIC_FQDN: 'true' })).asked).toContainEqual({ publicFqdn: true });
    expect((await askedFor(line, { PODID_PUBLIC_FQDN: 'false' })).asked).toContainEqual({
      publicFqdn: false,
    });
    expect((await askedFor(line)).asked).toContainEqual({ publicFqdn: false });
  });

  it("is where a flag leads even where an ARM endpoint of one's own lets KUBECONFIG name the cluster", async () => {
    const lab = { PODID_ARM_ENDPOINT: 'http://127.0.0.1:1', KUBECONFIG: '/nonexistent' };
    expect((await askedFor(`mirror ${where} --public-fqdn`, lab)).asked).toContainEqual({ publicFqdn: true });
  });

  it.each([
    [`mirror ${where} --public-fqdn --kubeconfig k`, {}, '--public-fqdn and --kubeconfig contradict'],
    [`nmi status --public-fqdn --kubeconfig k`, {}, '--public-fqdn and --kubeconfig contradict'],
    [`mirror ${where} --public-fqdn --context demo`, {}, '--public-fqdn and --context contradict'],
    [`doctor ${where} --public-fqdn --context demo`, {}, '--public-fqdn and --context contradict'],
    [`mirror ${where} --public-fqdn --via run-command`, {}, '--public-fqdn and --via run-command contradict'],
    [`list ${where} --public-fqdn`, {}, '--public-fqdn needs --mode cluster'],
    [`mirror ${where}`, { PODID_PUBLIC_FQDN: 'yes' }, 'PODID_PUBLIC_FQDN: "yes" is not one of true, false'],
  ])('is refused before any request: %s', async (line, env, text) => {
    const { asked, ran } = await askedFor(line, { PODID_OUTPUT: 'json', ...env });
    expect([ran.exitCode, asked]).toEqual([2, []]);
    expect(lastError(ran).message).toContain(text);
  });
});
