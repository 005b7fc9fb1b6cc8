import { describe, expect, it } from 'vitest';
import { type EmulatedPodid, emulatedPodid, identityId } from './emulated-podid.ts';

const key = '--namespace demo --name vault-reader';
const principal = {
  name: 'vault-reader',
  namespace: 'demo',
  bindingSelector: 'reader',
  identity: { resourceId: '', clientId: 'client-9', objectId: '' },
  provisioningState: 'Assigned',
  servicePrincipal: {
    signsInBy: 'secret',
    tenantId: 'tenant-9',
    secret: { namespace: 'demo', name: 'vault-reader' },
  },
};

const listed = { ...principal, podCount: 0 };

/** A cluster without the add-on, in which kubectl has made a service principal and its binding. */
async function withPrincipal(): Promise<EmulatedPodid> {
  const podid = await emulatedPodid({ scenario: 'first-time' });
  const apiVersion = 'aadpodidentity.k8s.io/v1';
  const made = (name: string, kind: string, spec: object) =>
    podid.emulator.kube.seed({ apiVersion, kind, metadata: { namespace: 'demo', name }, spec }, 'kubectl');
  made('vault-reader', 'AzureIdentity', {
    type: 1,
    tenantID: 'tenant-9',
    clientID: 'client-9',
    clientPassword: { name: 'vault-reader', namespace: 'demo' },
  });
  made('vault-reader-binding', 'AzureIdentityBinding', { azureIdentity: 'vault-reader', selector: 'reader' });
  return podid;
}

describe('a service principal, on a cluster without the add-on', () => {
  it.each([
    ['list', 'list --mode cluster', [listed]],
    ['list, of its namespace', 'list --mode cluster --namespace demo', [listed]],
    ['list, of another namespace', 'list --mode cluster --namespace other', []],
    ['list, by a kubeconfig alone', 'list --mode cluster --kubeconfig', [listed]],
    ['show', `show --mode cluster ${key}`, principal],
  ])('is where it belongs in %s', async (_what, line, result) => {
    await using podid = await withPrincipal();
    const file = podid.emulator.environment['KUBECONFIG'] ?? '';
    expect(await podid.json(line.endsWith('--kubeconfig') ? `${line} ${file}` : line)).toEqual(result);
  });

  it('is told from a managed identity in the table and in the record', async () => {
    await using podid = await withPrincipal();
    await podid.json(
      `add --mode cluster --namespace demo --name web --identity-resource-id ${identityId('web')}`,
    );
    const table = await podid.run('list --mode cluster -o table');
    expect(table.stdout).toMatch(/^web .* Assigned *$/m);
    expect(table.stdout).toMatch(/^vault-reader .* Assigned, service principal$/m);
    const record = await podid.run(`show --mode cluster ${key} -o table`);
    expect(record.stdout).toContain('signs in by  a client secret, from Secret demo/vault-reader');
    expect(record.stdout).toMatch(/^tenant id +tenant-9$/m);
  });

  it.each([
    ['delete', `delete --mode cluster ${key}`],
    ['delete where it is there, whatever is ignored', `delete --mode cluster ${key} --ignore-not-found`],
    ['update', `update --mode cluster ${key} --binding-selector x`],
  ])('is not for podid to %s, and says so', async (_what, line) => {
    await using podid = await withPrincipal();
    const ran = await podid.run(`${line} -o table`);
    expect(ran).toMatchObject({ exitCode: 5, stdout: '' });
    expect(ran.stderr).toContain('AzureIdentity demo/vault-reader is a service principal');
    const [, hint = ''] = ran.stderr.match(/^hint: podid (.*?) {2}# /m) ?? [];
    expect((await podid.run(hint)).exitCode, hint).toBe(0);
    expect(await podid.json(`show --mode cluster ${key}`)).toEqual(principal);
  });

  it('is no reason to prune, to plan or to delete what Failed', async () => {
    await using podid = await withPrincipal();
    const empty = JSON.stringify({ apiVersion: 'podid.io/v1', kind: 'PodIdentities', identities: [] });
    const plan = await podid.run('plan --mode cluster -f - --prune --exit-code', {}, empty);
    expect(plan.exitCode, plan.stderr).toBe(0);
    const apply = await podid.run('apply --mode cluster -f - --prune --yes', {}, empty);
    expect(apply.exitCode, apply.stderr).toBe(0);
    expect(await podid.json('list --mode cluster')).toEqual([listed]);
  });

  it('is enough for the doctor, who names it', async () => {
    await using podid = await withPrincipal();
    const { checks } = (await podid.json('doctor --namespace demo')) as {
      checks: { name: string; result: string; message: string }[];
    };
    expect(checks.find(({ name }) => name === 'entries')).toEqual({
      name: 'entries',
      result: 'pass',
      message: '1 service principal and no managed identity in namespace demo: demo/vault-reader.',
    });
    const elsewhere = (await podid.json('doctor --namespace default')) as { checks: typeof checks };
    expect(elsewhere.checks.find(({ name }) => name === 'entries')?.result).toBe('warn');
  });

  it('that names no Secret is shown so', async () => {
    await using podid = await withPrincipal();
    podid.emulator.kube.seed(
      {
        apiVersion: 'aadpodidentity.k8s.io/v1',
        kind: 'AzureIdentity',
        metadata: { namespace: 'demo', name: 'bare' },
        spec: { type: 2 },
      },
      'kubectl',
    );
    const { stdout } = await podid.run('show --mode cluster --namespace demo --name bare -o table');
    expect(stdout).toContain('signs in by  a certificate, and names no Secret');
    expect(stdout).toContain('IdentityIncomplete: AzureIdentity bare lacks');
  });
});
