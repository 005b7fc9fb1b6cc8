import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KubeconfigCase, kubeconfigCases, writeCase } from '../k8s/kubeconfig/kubeconfig-cases.ts';
import { clusterPrograms } from './cluster-programs.ts';

const kubectl = clusterPrograms().path('kubectl');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podid-kubeconfigs-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the real kubectl, beside podid', () => {
  it.each(kubeconfigCases)('$what', async (each) => {
    const path = await writeCase(each, folder);
    const run = (...words: readonly string[]) => runKubectl(path, each.context, words);
    const asked = await run('get', '--raw', '/version', '--request-timeout=2s');
    const podidTakes = !(each.podid instanceof RegExp);
    const expected = each.kubectl?.does ?? (podidTakes ? 'take' : 'refuse');
    expect(refuses(asked) ? 'refuse' : 'take', asked).toBe(expected);
    if (podidTakes && each.kubectl === undefined) {
      const view = await run('config', 'view', '--raw', '--minify', '-o', 'json');
      expect(shortOf(JSON.parse(view))).toEqual(expectedOf(each));
    }
  });

  it('differs from podid where the case says so, and nowhere else', () => {
    const wrong = kubeconfigCases.filter(
      ({ podid, kubectl: other }) =>
        other !== undefined && (other.does === 'refuse') === podid instanceof RegExp,
    );
    expect(wrong).toEqual([]);
  });
});

function runKubectl(path: string, context: string | undefined, words: readonly string[]): Promise<string> {
  const env = { PATH: '/usr/bin:/bin', HOME: folder, KUBECONFIG: path };
  const chosen = context === undefined ? [] : ['--context', context];
  return new Promise((done) => {
    const child = execFile(kubectl, [...chosen, ...words], { env, cwd: folder }, (_error, stdout, stderr) =>
      done(stdout + stderr),
    );
    child.stdin?.end();
  });
}

/** Its own words for a file, an entry or a credential that it does not take; localhost:8080 is where it goes without one. */
function refuses(text: string): boolean {
  return /^error: |^Error in configuration|localhost:8080|invalid header field/m.test(text);
}

interface View {
  readonly clusters: readonly { readonly cluster: { readonly server: string } }[];
  readonly users: readonly { readonly user: Readonly<Record<string, unknown>> }[] | null;
}

/** What token a file holds, a view does not say. */
function shortOf({ clusters, users }: View) {
  const { token, tokenFile, username, exec } = (users ?? [])[0]?.user ?? {};
  const command = (exec as { command?: string } | undefined)?.command;
  return {
    server: withoutScheme(clusters[0]?.cluster.server ?? ''),
    token: tokenFile === undefined ? token : 'in a file',
    username,
    command,
  };
}

function expectedOf({ podid, files }: KubeconfigCase) {
  if (podid instanceof RegExp) {
    throw new Error('nothing is chosen');
  }
  const { token, username, command } = podid.user;
  const isInFile = Object.values(files).some((text) =>
    /name: a, user: \{(?:token: \w+, )?tokenFile: /.test(String(text)),
  );
  return { server: withoutScheme(podid.server), token: isInFile ? 'in a file' : token, username, command };
}

function withoutScheme(server: string): string {
  return server.replace(/^https?:\/\/|\/+$/g, '');
}
