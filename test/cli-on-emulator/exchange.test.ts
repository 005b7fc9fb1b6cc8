import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emulatedPodid, identityId } from './emulated-podid.ts';
import { annotationsOf, exchangingPodid, fastClock } from './exchange-emulator.ts';

const tenantId = '00000000-0000-4000-8000-00000000aaaa';
const switched = { 'podid.io/token-source': 'exchange', 'podid.io/tenant-id': tenantId };
// The clock runs two hundred times as fast, and so do the requests of a busy machine.
const enable = 'exchange enable --yes -o json --timeout 20h';

describe('podid exchange on the emulator', () => {
  it('goes from the nodes to Entra and back, with the issuer off at the start', async () => {
    await using podid = await exchangingPodid(['web', 'jobs']);
    const turned = await podid.run(enable);
    expect(turned.exitCode, turned.stderr).toBe(5);
    expect(turned.stderr).toContain('kubectl rollout restart daemonset podid-nmi -n kube-system');
    expect(podid.count('federatedCredentials.put')).toBe(0);
    const ran = await podid.run(enable);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject([
      { namespace: 'demo', name: 'jobs', source: 'exchange', state: 'exchange' },
      { namespace: 'demo', name: 'web', source: 'exchange', state: 'exchange' },
    ]);
    expect(annotationsOf(podid, 'web')).toMatchObject(switched);
    expect(podid.count('clusters.put')).toBe(2 + 1);
    const exchanges = podid.count('entra.token');
    expect(exchanges).toBe(2 * 20);
    const status = await podid.run('exchange status -o json');
    expect(JSON.parse(status.stdout)).toMatchObject([{ state: 'exchange' }, { state: 'exchange' }]);
    expect(`${ran.stdout}${ran.stderr}${status.stderr}`).not.toContain('eyJ');

    const before = podid.emulator.requests.length;
    const again = await podid.run(enable);
    expect(again.exitCode, again.stderr).toBe(0);
    const writes = podid.emulator.requests
      .slice(before)
      .filter(({ method, path }) => method !== 'GET' && !path.includes('/listCluster'));
    expect(writes).toEqual([]);

    const back = await podid.run('exchange disable --identity demo/web --revoke-trust --yes -o json');
    expect(back.exitCode, back.stderr).toBe(0);
    expect(JSON.parse(back.stdout)).toMatchObject([{ name: 'web', source: 'imds', state: 'imds' }]);
    expect(annotationsOf(podid, 'web')).toMatchObject({ 'podid.io/token-source': 'imds' });
    expect(podid.count('federatedCredentials.delete')).toBe(1);
    const stays = await podid.run('exchange disable --yes -o json');
    expect(JSON.parse(stays.stdout)).toMatchObject([
      { name: 'jobs', source: 'imds', state: 'trusted' },
      { name: 'web', source: 'imds', state: 'imds' },
    ]);
  });

  it('names the command that gives the agent its token, with the image that it has, and that is the cure', async () => {
    await using podid = await emulatedPodid({}, {}, { clock: fastClock() });
    await podid.json(`add --namespace demo --name web --identity-resource-id ${identityId('web')}`);
    const refused = await podid.run(enable);
    const { message, hint } = JSON.parse(refused.stderr.trim().split('\n').at(-1) ?? '');
    expect(message).toContain('has no token to exchange');
    const [, words = ''] = /podid (nmi install .*)$/.exec(hint) ?? [];
    expect(words).toContain('--set podid.image.repository=registry.example.net/podid');
    const installed = await podid.run([...words.split(' '), '--yes']);
    expect(installed.stderr).toContain('The nodes of the emulator run no pods.');
    expect((await podid.run(enable)).stderr).not.toContain('has no token to exchange');
  });

  it('keeps its annotations through mirror, update, apply and the whole life of the entry', async () => {
    await using podid = await exchangingPodid(['web']);
    await podid.run(enable);
    await podid.json(enable);
    for (const line of [
      'mirror',
      'mirror --force',
      'update --namespace demo --name web --binding-selector front',
      `add --namespace demo --name other --identity-resource-id ${identityId('jobs')}`,
    ]) {
      const ran = await podid.run(line);
      expect(ran.exitCode, `${line}: ${ran.stderr}`).toBe(0);
      expect(annotationsOf(podid, 'web'), line).toMatchObject(switched);
    }
    const file = (await podid.run('export -o yaml')).stdout;
    const applied = await podid.run(['apply', '-f', '-', '--yes'], {}, file);
    expect(applied.exitCode, applied.stderr).toBe(0);
    expect(annotationsOf(podid, 'web')).toMatchObject(switched);
    const mirrored = await podid.run('mirror -o json');
    expect(JSON.parse(mirrored.stdout).objects).toMatchObject([
      { action: 'same' },
      { action: 'same' },
      { action: 'same' },
      { action: 'same' },
    ]);
  });

  it('keeps them in mode cluster, too', async () => {
    await using podid = await exchangingPodid([], { scenario: 'node-pools' });
    const inCluster = (line: string) => `${line} --mode cluster`;
    const add = inCluster(`add --namespace demo --name web --identity-resource-id ${identityId('web')}`);
    expect((await podid.run(add)).exitCode).toBe(0);
    await podid.run(`${enable} --identity demo/web`);
    const ran = await podid.run(`${enable} --identity demo/web --rounds 2 --over 20ms`);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(annotationsOf(podid, 'web')).toMatchObject(switched);
    const file = (await podid.run(inCluster('export -o yaml'))).stdout;
    for (const line of [
      add,
      'update --namespace demo --name web --binding-selector front',
      'apply -f - --yes',
      'list',
    ]) {
      const next = await podid.run(line === add ? add : inCluster(line), {}, file);
      expect(next.exitCode, `${line}: ${next.stderr}`).toBe(0);
      expect(annotationsOf(podid, 'web'), line).toMatchObject(switched);
    }
  });

  it('survives podid nmi install of identities in its values', async () => {
    await using podid = await emulatedPodid({}, {}, { clock: fastClock() });
    const folder = await mkdtemp(join(tmpdir(), 'podid-exchange-'));
    try {
      const values = join(folder, 'values.yaml');
      await writeFile(
        values,
        JSON.stringify({
          podid: { image: { repository: 'registry.example.net/podid' }, exchange: { enabled: true } },
          azureIdentities: [
            {
              name: 'web',
              namespace: 'demo',
              resourceID: identityId('web'),
              clientID: '00000000-0000-4000-8000-0000c11e0001',
              binding: { name: 'web-binding', selector: 'web' },
            },
          ],
        }),
      );
      // The emulator's nodes run no pods, which an installation that waits for them says.
      const install = ['nmi', 'install', '--values', values, '--yes'];
      expect((await podid.run(install)).stderr).toContain('The nodes of the emulator run no pods');
      await podid.run(enable);
      const ran = await podid.run(enable);
      expect(ran.exitCode, ran.stderr).toBe(0);
      expect(annotationsOf(podid, 'web')).toMatchObject(switched);
      await podid.run(install);
      expect(annotationsOf(podid, 'web')).toMatchObject(switched);
      const status = await podid.run('exchange status -o json');
      expect(JSON.parse(status.stdout)).toMatchObject([{ name: 'web', state: 'exchange' }]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('tells an identity that is refused by name, switches the other, and exits with 8', async () => {
    await using podid = await exchangingPodid(['web', 'jobs'], { scenario: 'default' });
    await podid.run(enable);
    podid.emulator.faults.add({
      match: { operation: 'federatedCredentials.put', path: '/jobs/' },
      effect: {
        status: 405,
        body: {
          error: {
            code: 'MethodNotAllowed',
            message: 'Support for federated identity credentials not enabled',
          },
        },
      },
    });
    const ran = await podid.run(enable);
    expect(ran.exitCode, ran.stderr).toBe(8);
    expect(JSON.parse(ran.stdout)).toMatchObject([
      {
        name: 'jobs',
        source: 'imds',
        state: 'blocked',
        reason: expect.stringContaining('Support for federated identity credentials not enabled'),
      },
      { name: 'web', source: 'exchange', state: 'exchange' },
    ]);
    expect(annotationsOf(podid, 'jobs')).not.toHaveProperty('podid.io/token-source');
  });

  it('tells a full identity and a policy that refuses, each in the words of Azure', async () => {
    await using podid = await exchangingPodid(['web', 'jobs'], { scenario: 'default' });
    await podid.run(enable);
    const credentials = `${identityId('web')}/federatedIdentityCredentials`;
    for (let at = 0; at < 20; at += 1) {
      const properties = {
        issuer: 'https://other/',
        subject: `${at}`,
        audiences: ['api://AzureADTokenExchange'],
      };
      const id = `${credentials}/fic-${at}`;
      podid.emulator.seed({ federatedCredentials: [{ id, name: `fic-${at}`, properties }] });
    }
    podid.emulator.faults.add({
      match: { operation: 'federatedCredentials.put', path: '/jobs/' },
      effect: {
        status: 403,
        body: { error: { code: 'RequestDisallowedByPolicy', message: 'Resource was disallowed by policy.' } },
      },
    });
    const ran = await podid.run(enable);
    expect(ran.exitCode, ran.stderr).toBe(8);
    expect(JSON.parse(ran.stdout)).toMatchObject([
      {
        name: 'jobs',
        state: 'blocked',
        reason: expect.stringContaining('Resource was disallowed by policy.'),
      },
      {
        name: 'web',
        state: 'blocked',
        reason: expect.stringContaining('LimitReached: the managed identity has 20'),
      },
    ]);
    expect(ran.stderr).toMatch(
      /"hint":"demo\/jobs: Whoever owns the Azure Policy can exempt the identity.* az policy /,
    );
    expect(ran.stderr).toMatch(
      /; demo\/web: Delete one that nobody needs.*az identity federated-credential list /,
    );
    expect(ran.stderr).toContain('Then run the same command again');
    expect(podid.count('entra.token')).toBe(0);
  });

  it('outlives being throttled, concurrent writes, a busy Entra and a lagging one', async () => {
    await using podid = await exchangingPodid(['web']);
    await podid.run(enable);
    podid.emulator.faults.set([
      { match: { operation: 'federatedCredentials.put', times: 1 }, effect: { status: 429 } },
      {
        match: { operation: 'federatedCredentials.put', nth: 2, times: 1 },
        effect: {
          status: 409,
          body: {
            error: {
              code: 'ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity',
              message: 'Too many writes',
            },
          },
        },
      },
      { match: { operation: 'entra.token', times: 2 }, effect: { status: 503 } },
      {
        match: { operation: 'entra.token', nth: 6, times: 3 },
        effect: {
          status: 401,
          body: { error: 'invalid_client', error_description: 'AADSTS700213: No matching record.' },
        },
      },
    ]);
    const ran = await podid.run(enable);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(ran.stderr).toContain('demo/web: Entra refused 5 of 25 requests');
  });

  it.each([
    ['enable', 'put', 'No identity was switched.', []],
    ['disable --revoke-trust', 'delete', 'Served by the nodes: demo/web.', ['enable']],
  ])(
    "ends %s at its limit with Azure's own sentence, where Azure is busy all the while",
    async (words, operation, going, before) => {
      await using podid = await exchangingPodid(['web'], { scenario: 'oidc-issuer' });
      for (const word of before) {
        expect((await podid.run(`exchange ${word} --yes --rounds 2 --over 1s --timeout 20h`)).exitCode).toBe(
          0,
        );
      }
      const error = { code: 'ServiceUnavailable', message: 'The identity service is being moved.' };
      podid.emulator.faults.add({
        match: { operation: `federatedCredentials.${operation}` },
        effect: { status: 503, body: { error } },
      });
      const ran = await podid.run(`exchange ${words} --yes --timeout 10m`);
      expect(ran.exitCode, ran.stderr).toBe(7);
      expect(ran.stderr).toContain(`Not finished after 600 s (--timeout). ${going}`);
      expect(ran.stderr).toMatch(/demo\/web: Unavailable: .*The identity service is being moved\./);
    },
  );

  it('asks first, and without a terminal wants --yes', async () => {
    await using podid = await exchangingPodid(['web']);
    const ran = await podid.run('exchange enable');
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain('--yes');
    expect(podid.count('federatedCredentials.put')).toBe(0);
  });
});
