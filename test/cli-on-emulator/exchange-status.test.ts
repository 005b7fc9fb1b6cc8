import { describe, expect, it } from 'vitest';
import { emulatedPodid, identityId } from './emulated-podid.ts';

describe('podid exchange status on the emulator', () => {
  it('shows each identity, reads alone, and says what the cluster lacks', async () => {
    await using podid = await emulatedPodid();
    for (const name of ['web', 'jobs']) {
      await podid.json(`add --namespace demo --name ${name} --identity-resource-id ${identityId(name)}`);
    }
    const before = podid.emulator.requests.length;
    const ran = await podid.run('exchange status -o json');
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject([
      { namespace: 'demo', name: 'jobs', source: 'imds', state: 'imds' },
      { namespace: 'demo', name: 'web', source: 'imds', state: 'imds' },
    ]);
    expect(ran.stderr).toContain('The OIDC issuer of the cluster is off.');
    const sent = podid.emulator.requests.slice(before).map(({ method, path }) => ({ method, path }));
    const writes = sent.filter(({ method, path }) => method !== 'GET' && !path.includes('/listCluster'));
    expect(writes).toEqual([]);
  });

  it('shows the identities that are named, and refuses those that are not there', async () => {
    await using podid = await emulatedPodid();
    await podid.json(`add --namespace demo --name web --identity-resource-id ${identityId('web')}`);
    const rows: readonly unknown[] = await podid.json('exchange status --identity demo/web -o json');
    expect(rows).toHaveLength(1);
    const missing = await podid.run('exchange status --identity demo/nobody demo/web');
    expect(missing.exitCode).toBe(4);
    expect(missing.stderr).toContain('The cluster has no AzureIdentity demo/nobody.');
    const wrong = await podid.run('exchange status --identity demo --identity De/mo --subject pod');
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stderr).toContain('"demo" is not NAMESPACE/NAME');
    expect(wrong.stderr).toContain('"De" is not a namespace');
    expect(wrong.stderr).toContain('--subject: "pod" is not one of agent, workload.');
  });
});
