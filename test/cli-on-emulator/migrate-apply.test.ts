import { describe, expect, it } from 'vitest';
import { emulatedPodid, identityId } from './emulated-podid.ts';
import { fastClock } from './exchange-emulator.ts';
import { ownedWorld } from './migration-worlds.ts';
import { apply, credentialsOf, writes } from './moving-worlds.ts';

const quick = '--rounds 3 --over 2s -o json';

const owned = () => ownedWorld({ clock: fastClock() });

describe('podid migrate apply --until trusted on the emulator', () => {
  it('makes the credential, proves it, and changes nothing in the cluster; a second run writes nothing', async () => {
    await using podid = await owned();
    const first = await apply(podid, '--until trusted --workload deployment/web');
    expect(first).toMatchObject({
      exitCode: 0,
      rows: [{ kind: 'Deployment', name: 'web', from: 'planned', state: 'trusted' }],
    });
    expect(credentialsOf(podid)).toEqual(['system:serviceaccount:demo:web']);
    const written = writes(podid);
    expect(written).toEqual([
      expect.stringMatching(/^PUT web\/federatedIdentityCredentials\/podid-[0-9a-f]{12}$/),
    ]);
    const second = await apply(podid, '--until trusted');
    expect(second).toMatchObject({ exitCode: 0, rows: [{ from: 'trusted', state: 'trusted', wrote: [] }] });
    expect(writes(podid)).toEqual(written);
  });

  it('turns issuer and webhook on in one PUT that carries the eTag, where both are off', async () => {
    await using podid = await ownedWorld({ clock: fastClock() }, 'in-use');
    const { exitCode, rows } = await apply(podid, '--until trusted');
    expect([exitCode, rows[0]?.state]).toEqual([0, 'trusted']);
    expect(podid.count('clusters.put')).toBe(1);
    const [put] = podid.emulator.requests.filter(({ operation }) => operation === 'clusters.put');
    expect(JSON.stringify(put)).toContain('workloadIdentity');
  });

  it('asks first, and what a blocker holds is listed with its code and exit code 8', async () => {
    await using podid = await emulatedPodid({ scenario: 'oidc-issuer' }, {}, { clock: fastClock() });
    const asked = await podid.run(`migrate apply --until trusted ${quick}`);
    expect(asked.exitCode).toBe(8);
    const { exitCode, rows, stderr } = await apply(podid, '--until trusted');
    expect(exitCode).toBe(8);
    expect(rows[0]).toMatchObject({ state: 'planned', failure: { code: 'SaDefault' } });
    expect(stderr).toContain('2 of 2 workloads went no further: SaDefault: Deployment demo/web');
    expect(writes(podid)).toEqual([]);
  });

  it('does nothing without a yes where nobody can be asked', async () => {
    await using podid = await owned();
    const asked = await podid.run(`migrate apply --until trusted ${quick}`);
    expect(asked.exitCode).toBe(2);
    expect(asked.stderr).toContain('Bring Deployment demo/web to trusted, once Entra gives their tokens?');
    expect(writes(podid)).toEqual([]);
  });

  it('says with --dry-run what it would write', async () => {
    await using podid = await owned();
    const { stdout } = await podid.run('migrate apply --dry-run -o json');
    expect((JSON.parse(stdout) as { changes: { kind: string }[] }).changes.map(({ kind }) => kind)).toEqual([
      'federatedCredential',
      'serviceAccount',
      'workload',
    ]);
    const shown = await podid.run('migrate apply --dry-run -o table');
    expect(shown.stdout).toMatch(
      /\n1 federated credential to add; 1 service account and 1 workload to change; no write of the cluster in Azure\.\n$/,
    );
    expect(writes(podid)).toEqual([]);
  });

  it('says with --dry-run what stays as it is, and by which code', async () => {
    await using podid = await emulatedPodid({ scenario: 'oidc-issuer' }, {}, { clock: fastClock() });
    const line = 'migrate apply --dry-run --workload deployment/web';
    const shown = await podid.run(`${line} -o table`);
    expect([shown.exitCode, shown.stdout]).toEqual([0, '1 workload stays as it is: blocked (SaDefault).\n']);
    expect(await podid.json(`${line} -o json`)).toEqual({
      changes: [],
      puts: 0,
      stopped: [{ kind: 'Deployment', namespace: 'demo', name: 'web', code: 'SaDefault' }],
    });
  });

  it('labels and annotates nothing where Entra refuses', async () => {
    await using podid = await owned();
    podid.emulator.faults.add({
      match: { operation: 'entra.token' },
      effect: {
        status: 400,
        body: { error: 'invalid_client', error_description: 'AADSTS700212: No audience.' },
      },
    });
    const { exitCode, rows } = await apply(podid, '--until dual');
    expect([exitCode, rows[0]?.failure?.code, rows[0]?.state]).toEqual([8, 'AADSTS700212', 'planned']);
    expect(writes(podid).filter((each) => each.startsWith('patch'))).toEqual([]);
  });

  it('stops at an identity that is full, and names what nobody needs', async () => {
    await using podid = await owned();
    for (let index = 0; index < 20; index += 1) {
      const id = `${identityId('web')}/federatedIdentityCredentials/other-${index}`;
      podid.emulator.seed({
        federatedCredentials: [
          {
            id,
            name: `other-${index}`,
            properties: { issuer: 'https://a/', subject: `s${index}`, audiences: ['a'] },
          },
        ],
      });
    }
    const { exitCode, rows } = await apply(podid, '--until trusted');
    expect([exitCode, rows[0]?.failure?.code]).toEqual([8, 'FicLimit']);
  });
});
