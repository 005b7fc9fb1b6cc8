import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type EmulatedPodid, emulatedPodid, identityId } from './emulated-podid.ts';

const addWeb = ['add', '--namespace', 'demo', '--name', 'web', '--identity-resource-id', identityId('web')];

interface Told {
  readonly changes: readonly { readonly action: string; readonly kind: string; readonly name: string }[];
}

async function withFile(podid: EmulatedPodid, work: (file: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'podid-next-'));
  try {
    const file = join(folder, 'pods.yaml');
    await writeFile(file, (await podid.run('export -o yaml')).stdout);
    await work(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe('plan and apply', () => {
  it('say the same of objects that are missing in the cluster', async () => {
    await using podid = await emulatedPodid();
    await podid.json(addWeb);
    podid.emulator.kube.remove('azureidentitybindings', 'demo', 'web-binding');
    await withFile(podid, async (file) => {
      const planned = await podid.run(['plan', '-f', file, '-o', 'json', '--exit-code']);
      const shown = await podid.run(['plan', '-f', file, '-o', 'table']);
      const applied = await podid.run(['apply', '-f', file, '-o', 'json']);
      expect([planned.exitCode, applied.exitCode]).toEqual([9, 0]);
      expect(shown.stdout).toContain('1 object in the cluster to add; no write of the cluster in Azure.');
      expect(applied.stderr).toContain(shown.stdout);
      const { changes } = JSON.parse(applied.stdout) as Told;
      expect(changes).toEqual((JSON.parse(planned.stdout) as Told).changes);
      expect(changes).toMatchObject([{ action: 'add', kind: 'object', name: 'web-binding' }]);
      expect(JSON.parse((await podid.run(['apply', '-f', file, '-o', 'json'])).stdout).changes).toEqual([]);
    });
  });

  it('say the same of what goes with --prune', async () => {
    await using podid = await emulatedPodid();
    await podid.json(addWeb);
    await withFile(podid, async (file) => {
      await writeFile(file, 'apiVersion: podid.io/v1\nkind: PodIdentities\nidentities: []\n');
      const planned: Told = await podid.json(['plan', '-f', file, '--prune']);
      const applied: Told = await podid.json(['apply', '-f', file, '--prune', '--yes']);
      expect(applied.changes).toEqual(planned.changes);
      expect(applied.changes.map(({ action, kind }) => `${action} ${kind}`)).toEqual([
        'delete identity',
        'delete object',
        'delete object',
      ]);
    });
  });

  it('name no object that apply leaves alone', async () => {
    await using podid = await emulatedPodid();
    await podid.json([...addWeb, '--no-mirror']);
    await withFile(podid, async (file) => {
      const applied: Told = await podid.json(['apply', '-f', file, '--no-mirror']);
      expect(applied.changes).toEqual([]);
    });
  });
});

describe('a warning', () => {
  it('about objects without their namespace counts them, and names it once', async () => {
    await using podid = await emulatedPodid();
    const ran = await podid.run([...addWeb.slice(0, 2), 'shop', ...addWeb.slice(3)]);
    expect(ran.stderr).toContain(
      'warning: 2 objects are not in the cluster yet, because it has no namespace shop.\nhint: kubectl create namespace shop; podid mirror',
    );
  });

  it('about an object that others changed names the command that takes it over', async () => {
    await using podid = await emulatedPodid();
    const spec = { type: 0, clientID: 'theirs' };
    podid.emulator.kube.seed(
      object('AzureIdentity', 'web', { spec, labels: { 'app.kubernetes.io/managed-by': 'gitops' } }),
    );
    for (const line of [addWeb, ['mirror']]) {
      const ran = await podid.run([...line, '-g', 'demo-rg', '-c', 'demo', '-o', 'table']);
      expect(ran.stderr).toContain(
        "AzureIdentity demo/web is not podid's, and stays as it is. Written by gitops; fields",
      );
      expect(ran.stderr).toContain('to take the objects over: podid mirror --force -g demo-rg -c demo');
    }
    expect(await podid.run('mirror --force')).toMatchObject({ exitCode: 0 });
  });
});

describe('the doctor', () => {
  it('says what agents do by an exception that Azure does not have', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    podid.emulator.kube.seed(
      object('AzurePodIdentityException', 'legacy', { spec: { podLabels: { app: 'legacy' } } }),
    );
    const { checks } = JSON.parse((await podid.run('doctor -o json')).stdout);
    expect(checks.find(({ name }: { name: string }) => name === 'objects').message).toBe(
      "Azure has no entry for exception demo/legacy, but agents still let its pods past to the node's own identities.",
    );
  });
});

function object(kind: string, name: string, { spec, labels = {} }: { spec: object; labels?: object }) {
  return {
    apiVersion: 'aadpodidentity.k8s.io/v1',
    kind,
    metadata: { namespace: 'demo', name, labels: labels as Record<string, string> },
    spec,
  };
}
