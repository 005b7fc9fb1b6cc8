import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import { kubectlFiles, kubectlLines } from '../emulator/kube/kubectl-lines.ts';
import { clusterPrograms } from './cluster-programs.ts';

const kubectl = clusterPrograms().path('kubectl');

function objects(data: string, selector: string): string {
  return `apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop, finalizers: []}
data: {a: ${data}}
---
apiVersion: aadpodidentity.k8s.io/v1
kind: AzureIdentityBinding
metadata: {name: web, namespace: shop}
spec: {azureIdentity: web, ${selector}: web}
`;
}

describe.each([false, true])('the real kubectl on the emulator, with tls: %s,', (tls) => {
  let folder: string;
  let emulator: Emulator;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'podid-kubectl-'));
    emulator = await startEmulator({ tls });
  });
  afterAll(async () => {
    await emulator.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const run = (...words: readonly string[]) => runOn(emulator, ...words);
  function runOn({ environment }: Emulator, ...words: readonly string[]) {
    const env = { HOME: folder, PATH: process.env['PATH'], ...environment };
    return new Promise<{ code: number; text: string }>((done) =>
      execFile(kubectl, words, { env, cwd: folder }, (error, stdout, stderr) =>
        done({ code: typeof error?.code === 'number' ? error.code : 0, text: stdout + stderr }),
      ),
    );
  }

  it('makes, reads, labels, changes and deletes what a session with podid needs', async () => {
    const file = join(folder, 'objects.yaml');
    await writeFile(file, objects('b', 'selector'));
    const steps: [readonly string[], string][] = [
      [['create', 'namespace', 'shop'], 'namespace/shop created'],
      [['label', 'namespace', 'shop', 'team=platform'], 'namespace/shop labeled'],
      [['annotate', 'namespace', 'shop', 'by=hand'], 'namespace/shop annotated'],
      [['apply', '-f', file], 'azureidentitybinding.aadpodidentity.k8s.io/web created'],
      [['apply', '-f', file], 'configmap/settings unchanged'],
      [['get', 'azureidentitybindings', '-n', 'shop', '-o', 'name'], 'azureidentitybinding.aadpodidentity'],
      [['get', 'nodes'], 'aks-nodepool1'],
      [['auth', 'can-i', 'delete', 'pods'], 'yes'],
      [['create', 'secret', 'generic', 's', '--from-literal=a=b', '-n', 'shop'], 'secret/s created'],
      [['delete', '-f', file], 'configmap "settings" deleted'],
      [['delete', 'namespace', 'shop'], 'namespace "shop" deleted'],
    ];
    for (const [words, told] of steps) {
      const { code, text } = await run(...words);
      expect([words, code, text]).toEqual([words, 0, expect.stringContaining(told)]);
    }
    await run('create', 'namespace', 'shop');
    await run('apply', '-f', file);
    await writeFile(file, objects('c', 'selector'));
    expect((await run('apply', '-f', file)).text).toContain('configmap/settings configured');
    expect(emulator.kube.get('ConfigMap', 'shop', 'settings')).toMatchObject({ data: { a: 'c' } });
    expect(await run('apply', '--server-side', '--force-conflicts', '-f', file)).toMatchObject({ code: 0 });
  });

  it("lists all kinds of pod identity by one word, where podid's definitions are", async () => {
    const own = await startEmulator({ tls });
    try {
      const file = join(folder, 'named.yaml');
      await writeFile(file, objects('b', 'selector'));
      await runOn(own, 'create', 'namespace', 'shop');
      await runOn(own, 'apply', '-f', file);
      expect(await runOn(own, 'get', 'podid', '-A')).not.toMatchObject({ code: 0 });
      expect(await runOn(own, 'apply', '-f', join(process.cwd(), 'deploy/crds'))).toMatchObject({ code: 0 });
      await vi.waitFor(async () => {
        const { text } = await runOn(own, 'get', 'podid', '-n', 'shop', '-o', 'name');
        expect(text).toContain('azureidentitybinding.aadpodidentity.k8s.io/web');
      }, 30_000);
      expect((await runOn(own, 'get', 'azidb', 'web', '-n', 'shop', '-o', 'name')).text).toContain('/web');
    } finally {
      await own.stop();
    }
  });

  it('is told of a misspelt field, as by a real server', async () => {
    const file = join(folder, 'misspelt.yaml');
    await run('create', 'namespace', 'shop');
    await writeFile(file, objects('b', 'slector'));
    const { code, text } = await run('apply', '-f', file);
    expect(code).toBe(1);
    expect(text).toContain('unknown field "spec.slector"');
  });

  it('answers every line that the emulator ring types with whichever kubectl there is', async () => {
    for (const [name, text] of Object.entries(kubectlFiles)) {
      await writeFile(join(folder, name), text);
    }
    await using own = await startEmulator({ tls, scenario: 'in-use' });
    for (const [line, said, code = 0] of kubectlLines) {
      const told = await runOn(own, ...line.split(' '));
      expect([line, told]).toEqual([line, { code, text: expect.stringContaining(said) }]);
    }
  });

  it('changes by a file one container of a Deployment that it made by itself', async () => {
    await run('create', 'namespace', 'shop');
    expect((await run('create', 'deployment', 'web', '--image=web:1', '-n', 'shop')).code).toBe(0);
    const made = await run('get', 'deployment', 'web', '-n', 'shop', '-o', 'yaml');
    await writeFile(join(folder, 'web.yaml'), made.text.replace('web:1', 'web:2'));
    expect((await run('apply', '-f', 'web.yaml')).text).toContain('deployment.apps/web configured');
    const { spec } = emulator.kube.get('Deployment', 'shop', 'web') as { spec?: unknown };
    expect(JSON.stringify(spec)).toContain('web:2');
    expect(JSON.stringify(spec)).not.toContain('web:1');
  });
});
