import { execFile } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import { root } from '../architecture/source-files.ts';

const execute = promisify(execFile);
const page = readFileSync(join(root, 'docs/terraform.md'), 'utf8');
const [recipe = ''] = blocksOf('hcl');
const [applied = '', drift = ''] = blocksOf('sh');

/** Terraform or OpenTofu, whichever is installed. */
const program = ['terraform', 'tofu'].find((name) =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => isExecutable(join(folder, name))),
);

const group = '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg';
const variables = {
  TF_VAR_cluster_id: `${group}/providers/Microsoft.ContainerService/managedClusters/demo`,
  TF_VAR_web_identity_id: `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web`,
};

let emulator: Emulator;
let folder = '';
beforeEach(async () => {
  emulator = await startEmulator();
  folder = await mkdtemp(join(tmpdir(), 'podid-terraform-'));
  await writeFile(join(folder, 'main.tf'), recipe);
  await writeFile(
    join(folder, 'podid'),
    `#!/bin/sh\nexec ${process.execPath} ${join(root, 'bin/podid.js')} "$@"\n`,
    {
      mode: 0o755,
    },
  );
});
afterEach(async () => {
  await emulator.stop();
  await rm(folder, { recursive: true, force: true });
});

function shell(script: string, more: Readonly<Record<string, string>> = {}) {
  return execute('bash', ['--norc', '-euo', 'pipefail', '-c', script], {
    cwd: folder,
    env: {
      ...emulator.environment,
      ...variables,
      PATH: `${folder}:${process.env['PATH']}`,
      HOME: folder,
      CHECKPOINT_DISABLE: '1',
      TF_IN_AUTOMATION: '1',
      PODID_POLL_INTERVAL: '10ms',
      ...more,
    },
  });
}

const puts = () => emulator.requests.filter(({ operation }) => operation === 'clusters.put').length;
const names = async () =>
  (await shell('podid list -o tsv --query "[].name"; podid exception list -o tsv --query "[].name"')).stdout;
const someoneDeletes = () => shell('podid delete --namespace demo --name web');

describe('docs/terraform.md', () => {
  it.runIf(program)(
    'has a recipe that applies the list once, and again when somebody changed the cluster',
    async () => {
      const named = (script: string) => script.replaceAll('terraform ', `${program} `);
      // The page's own values, and no question.
      const first = named(applied)
        .replace(/^export .*\n/m, '')
        .replace(/ apply$/m, ' apply -auto-approve');
      await shell(first);
      expect(await names()).toBe('web\nlegacy\n');
      expect(puts()).toBe(1);
      await shell(first);
      await shell(named(drift));
      expect(puts()).toBe(1);
      await someoneDeletes();
      await shell(first);
      expect(await names()).toBe('legacy\n');
      await shell(named(drift));
      expect(await names()).toBe('web\nlegacy\n');
    },
  );

  it('has commands that do so without Terraform', async () => {
    const [, command = ''] = /^ +command = (".*")$/m.exec(recipe) ?? [];
    const list = JSON.stringify({
      apiVersion: 'podid.io/v1',
      kind: 'PodIdentities',
      identities: [{ name: 'web', namespace: 'demo', identityResourceId: variables.TF_VAR_web_identity_id }],
      exceptions: [{ name: 'legacy', namespace: 'demo', podLabels: { app: 'legacy' } }],
    });
    const given = { CLUSTER_ID: variables.TF_VAR_cluster_id, POD_IDENTITIES: list };
    const apply: string = JSON.parse(command);
    expect((await shell(apply, given)).stdout).toBe('');
    expect(await names()).toBe('web\nlegacy\n');
    // What Terraform would print, and what it would do.
    const stands = `terraform() { case $1 in output) printf %s "$POD_IDENTITIES";; apply) echo "$@" >> calls; ${apply};; esac; }`;
    await shell(`${stands}\n${drift}`, given);
    expect(puts()).toBe(1);
    await someoneDeletes();
    await shell(`${stands}\n${drift}`, given);
    expect(readFileSync(join(folder, 'calls'), 'utf8')).toBe(
      'apply -auto-approve -replace=terraform_data.pod_identities\n',
    );
    expect(await names()).toBe('web\nlegacy\n');
    await expect(
      shell(`${stands}\n${drift}`, { ...given, CLUSTER_ID: 'x', POD_IDENTITIES: '{' }),
    ).rejects.toThrow();
  });
});

function blocksOf(language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, text = '']) => text,
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
