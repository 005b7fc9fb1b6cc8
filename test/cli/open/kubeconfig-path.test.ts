import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
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

describe('the public name of a private cluster', () => {
  it.each(commands)('is where %s goes with --public-fqdn, or with its variable', async (line) => {
    expect((await askedFor(`${line} --public-fqdn`)).asked).toContainEqual({ publicFqdn: true });
    expect((await askedFor(line, { PODID_PUBLIC_FQDN: 'true' })).asked).toContainEqual({ publicFqdn: true });
    expect((await askedFor(line, { PODID_PUBLIC_FQDN: 'false' })).asked).toContainEqual({
      publicFqdn: false,
    });
    expect((await askedFor(line)).asked).toContainEqual({ publicFqdn: false });
  });

  it.each([
    [`mirror ${where} --public-fqdn --kubeconfig k`, {}, '--public-fqdn and --kubeconfig contradict'],
    [`nmi status --public-fqdn --kubeconfig k`, {}, '--public-fqdn and --kubeconfig contradict'],
    [`mirror ${where} --public-fqdn --via run-command`, {}, '--public-fqdn and --via run-command contradict'],
    [`list ${where} --public-fqdn`, {}, '--public-fqdn needs --mode cluster'],
    [`mirror ${where}`, { PODID_PUBLIC_FQDN: 'yes' }, 'PODID_PUBLIC_FQDN: "yes" is not one of true, false'],
  ])('is refused before any request: %s', async (line, env, text) => {
    const { asked, ran } = await askedFor(line, { PODID_OUTPUT: 'json', ...env });
    expect([ran.exitCode, asked]).toEqual([2, []]);
    expect(lastError(ran).message).toContain(text);
  });
});
