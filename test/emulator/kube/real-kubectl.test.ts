import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../../../src/emulator/start-emulator.ts';

const run = promisify(execFile);
const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;

describe.skipIf(!hasKubectl).each([false, true])('kubectl as it is, with --tls %s', (tls) => {
  let emulator: Emulator;
  let folder = '';
  beforeAll(async () => {
    emulator = await startEmulator({ tls });
    folder = await mkdtemp(join(tmpdir(), 'podid-kubectl-'));
    await writeFile(
      join(folder, 'map.yaml'),
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map, namespace: shop}\ndata: {a: b}\n',
    );
  });
  afterAll(async () => {
    await emulator.stop();
    await rm(folder, { recursive: true, force: true });
  });
  // What it has learned of one server it must not believe of another.
  const kubectl = (line: string) =>
    run('kubectl', line.split(' '), {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder, KUBECONFIG: emulator.environment['KUBECONFIG'] },
    });

  it.each([
    ['create namespace shop', 'namespace/shop created'],
    ['create configmap c --from-literal=a=b -n shop', 'configmap/c created'],
    ['apply --server-side -f map.yaml', 'configmap/map serverside-applied'],
    ['apply -f map.yaml', 'configmap/map configured'],
    ['diff -f map.yaml', ''],
    ['label namespace shop team=a', 'namespace/shop labeled'],
    ['explain azureidentity.spec.type', 'FIELD: type <integer>'],
    ['explain azureidentitybinding.spec', 'selector'],
    ['delete namespace shop', 'namespace "shop" deleted'],
  ])('kubectl %s', async (line, said) => {
    expect((await kubectl(line)).stdout).toContain(said);
  });
});
