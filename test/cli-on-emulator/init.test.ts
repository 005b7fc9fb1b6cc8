import { describe, expect, it } from 'vitest';
import { emulatedPodid, identityId } from './emulated-podid.ts';

const answers = ['init', '-g', 'demo-rg', '-c', 'demo', '--namespace', 'demo'];

describe('podid init without a terminal', () => {
  it('exits with 2 and names the answers that are missing, and no other', async () => {
    await using podid = await emulatedPodid({ scenario: 'first-time' });
    const ran = await podid.run(['init', '-o', 'json']);
    expect(ran.exitCode).toBe(2);
    const { details } = JSON.parse(ran.stderr.trimEnd().split('\n').at(-1) ?? '') as {
      details: { flag: string }[];
    };
    expect(details.map(({ flag }) => flag)).toEqual(['--namespace', '--identity-resource-id', '--yes']);
    expect(podid.emulator.requests).toEqual([]);

    const bare = await podid.run(['init'], { PODID_RESOURCE_GROUP: '', PODID_CLUSTER_NAME: '' });
    for (const flag of ['--resource-group', '--cluster-name', '--namespace']) {
      expect(bare.stderr).toContain(flag);
    }
  });

  it('names only the yes when all else is given', async () => {
    await using podid = await emulatedPodid({ scenario: 'first-time' });
    const ran = await podid.run([...answers, '--identity-resource-id', identityId('web')]);
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain('--yes is missing');
    expect(ran.stderr).not.toContain('--namespace is missing');
  });

  it('sets everything up with every answer given, and prints the label, a pod and the commands', async () => {
    await using podid = await emulatedPodid({ scenario: 'unregistered' });
    const result = (await podid.json([
      ...[...answers, '--identity-resource-id', identityId('fresh'), '--create-identity'],
      ...[
        '--grant',
        'Reader=/subscriptions/00000000-0000-4000-8000-000000000001',
        '--register-feature',
        '--yes',
      ],
    ])) as {
      identity: { provisioningState: string };
      label: object;
      pod: { metadata: object; spec: { containers: object[] } };
      commands: string[];
      checks: { result: string }[];
    };
    expect(result.identity.provisioningState).toBe('Assigned');
    expect(result.label).toEqual({ aadpodidbinding: 'fresh' });
    expect(result.pod.metadata).toEqual({ name: 'try-fresh', namespace: 'demo', labels: result.label });
    expect(result.pod.spec.containers).toMatchObject([
      {
        // Of the agent that is there.
        image: 'registry.example.net/podid:0.1.0',
        command: ['podid', 'token', '--every', '10s', '--get', expect.stringMatching(/\/subscriptions\?/)],
      },
    ]);
    expect(result.commands).toHaveLength(2);
    expect(result.checks.filter(({ result }) => result === 'fail')).toEqual([]);

    // The commands that it names do the same elsewhere.
    await using other = await emulatedPodid({ scenario: 'unregistered' });
    for (const command of result.commands) {
      const ran = await other.run(command.replace(/^podid /, '').split(' '));
      expect(ran.stderr).not.toContain('podid: ');
      expect(ran.exitCode).toBe(0);
    }
    const profiles = await Promise.all([podid, other].map((one) => one.json('list -g demo-rg -c demo')));
    const names = profiles.map((list) =>
      (list as { name: string; bindingSelector: string }[]).map(({ name }) => name),
    );
    expect(names).toEqual([['fresh'], ['fresh']]);
  });

  it('has a pod that the doctor finds nothing wrong with once it runs', async () => {
    await using podid = await emulatedPodid({ scenario: 'first-time' });
    const { pod } = (await podid.json([
      ...answers,
      '--identity-resource-id',
      identityId('web'),
      '--yes',
    ])) as {
      pod: { metadata: { name: string }; spec: object };
    };
    const running = { status: { phase: 'Running', podIP: '10.244.0.77', conditions: [] } };
    const spec = { ...pod.spec, nodeName: podid.emulator.kube.list('Node')[0]?.metadata?.name };
    podid.emulator.seed({ kubernetes: [{ ...pod, spec, ...running }] as never });
    const ran = await podid.run(
      `doctor -g demo-rg -c demo --namespace demo --pod ${pod.metadata.name} -o json`,
    );
    const { checks } = JSON.parse(ran.stdout) as { checks: { name: string; result: string }[] };
    const results = Object.fromEntries(checks.map(({ name, result }) => [name, result]));
    expect(results).toMatchObject({ pod: 'pass', label: 'pass', selector: 'pass', entries: 'pass' });
  });

  it('asks for the consent that kubenet needs by its flag, with nothing sent', async () => {
    await using podid = await emulatedPodid({ scenario: 'kubenet' });
    const ran = await podid.run([...answers, '--identity-resource-id', identityId('web'), '--yes']);
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain('--enable-pod-identity-with-kubenet is missing');
    expect(podid.count('clusters.put')).toBe(0);
  });

  it('moves a service-principal cluster when the flag says so, and names the flag when none does', async () => {
    await using podid = await emulatedPodid({ scenario: 'service-principal' });
    const line = [...answers, '--identity-resource-id', identityId('web'), '--yes'];
    const refused = await podid.run(line);
    expect(refused.exitCode).toBe(5);
    expect(refused.stderr).toMatch(/hint: podid cluster update .*--enable-managed-identity/);
    expect(podid.count('clusters.put')).toBe(0);

    const ran = await podid.run([...line, '--enable-managed-identity', '-o', 'json']);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({ identity: { provisioningState: 'Assigned' } });
    expect(await podid.json('cluster show -g demo-rg -c demo')).toMatchObject({
      identity: { type: 'SystemAssigned' },
    });
  });

  it.each(['first-time', 'service-principal', 'kubenet'])(
    'writes into the cluster with --mode cluster, whatever keeps the add-on from working (%s)',
    async (scenario) => {
      await using podid = await emulatedPodid({ scenario });
      const line = [...answers, '--identity-resource-id', identityId('web'), '--yes', '--mode', 'cluster'];
      const plan = await podid.run([...line, '--dry-run', '-o', 'json']);
      expect(plan.exitCode, plan.stderr).toBe(0);
      const result = (await podid.json(line)) as {
        identity: { provisioningState: string };
        commands: string[];
      };
      expect(result.identity.provisioningState).toBe('Assigned');
      expect(result.commands).toEqual([expect.stringMatching(/^podid add .*--mode cluster/)]);
      expect(podid.count('clusters.put')).toBe(0);
      const again = await podid.run((result.commands[0] ?? '').replace(/^podid /, '').split(' '));
      expect(again.exitCode, again.stderr).toBe(0);
      expect(await podid.json('list -g demo-rg -c demo --mode cluster --query [].name')).toEqual(['web']);
    },
  );

  it('turns nothing on for an identity that does not exist', async () => {
    await using podid = await emulatedPodid({ scenario: 'first-time' });
    const ran = await podid.run([...answers, '--identity-resource-id', identityId('gone'), '--yes']);
    expect(ran.exitCode).toBe(4);
    expect(podid.count('clusters.put')).toBe(0);
  });

  it('shows under --dry-run what both changes would do, and sends neither', async () => {
    await using podid = await emulatedPodid({ scenario: 'first-time' });
    const ran = await podid.run([
      ...[...answers, '--identity-resource-id', identityId('web'), '--dry-run', '--exit-code', '-o', 'json'],
    ]);
    expect(ran.exitCode).toBe(9);
    const { changes, puts } = JSON.parse(ran.stdout) as { changes: { kind: string }[]; puts: number };
    expect(changes.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['addon', 'roleAssignment', 'identity']),
    );
    expect(puts).toBe(2);
    const shown = await podid.run([
      ...answers,
      '--identity-resource-id',
      identityId('web'),
      '--dry-run',
      '-o',
      'table',
    ]);
    expect(shown.stdout).toMatch(/2 writes of the cluster in Azure\. The first turns the add-on on; .*\n$/);
    expect(podid.emulator.requests.filter(({ method }) => method === 'PUT')).toEqual([]);
  });

  it('prints the pod as YAML for kubectl', async () => {
    await using podid = await emulatedPodid();
    const ran = await podid.run([
      ...answers,
      '--identity-resource-id',
      identityId('web'),
      '--yes',
      '-o',
      'yaml',
      '--query',
      'pod',
    ]);
    expect(ran.stdout).toMatch(
      /^apiVersion: v1\nkind: Pod\nmetadata:\n {2}name: try-web\n {2}namespace: demo\n/,
    );
  });
});
