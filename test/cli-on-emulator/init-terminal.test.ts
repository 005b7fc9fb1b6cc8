import { describe, expect, it } from 'vitest';
import { firstTime } from '../../src/emulator/scenarios/first-time.ts';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../src/emulator/start-emulator.ts';
import { hasTmux, openWindow, type TerminalWindow, type WindowOptions } from './terminal-window.ts';

interface Wizard extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly window: TerminalWindow;
  /** Requests that change something, by their names. */
  writes(): string[];
}

/** `podid init` as it is shipped, in a terminal of its own, with an Azure of its own. */
async function wizard(
  flags = '',
  emulation: EmulatorOptions = {},
  size: WindowOptions = {},
): Promise<Wizard> {
  const emulator = await startEmulator(emulation);
  const window = await openWindow(`${process.execPath} bin/podid.js init ${flags}`, {
    ...size,
    env: {
      ...emulator.environment,
      PODID_POLL_INTERVAL: '50ms',
      PODID_NO_NOTICE: '1',
      // With it nobody is asked for a cluster.
      PODID_CLUSTER_NAME: '',
      ...size.env,
    },
  });
  return {
    emulator,
    window,
    writes: () =>
      emulator.requests
        .filter(({ method }) => ['PUT', 'PATCH', 'DELETE'].includes(method))
        .map(({ operation }) => operation),
    async [Symbol.asyncDispose]() {
      await window[Symbol.asyncDispose]();
      await emulator.stop();
    },
  };
}

/** What the wizard asks on a CNI cluster without the add-on, in order. */
const questions = [
  'Cluster:',
  'add-on is off',
  'Managed identity:',
  'Namespace of the pods:',
  'Name of the pod identity:',
  'label aadpodidbinding:',
  'Shall podid do that?',
];

/** The question that is open now: inquirer marks it with a `?`, and those before with a tick. */
const open = (question: string) => new RegExp(`\\? [^✔]*(?:${question.replace(/[?.()]/g, '\\$&')})[^✔]*$`);

describe.skipIf(!hasTmux())('podid init on a terminal', () => {
  it('leads a newcomer from the first question to a pod identity and a manifest', async () => {
    await using it = await wizard('', { scenario: 'unregistered' });
    const { window } = it;
    await window.until(/demo \(demo-rg\) {2}Succeeded, azure, system-assigned, add-on off/);
    await window.until(/type to search · ↑↓ navigate · ⏎ take · esc back/);
    await window.press('Enter');
    await window.until(open('add-on is off'));
    await window.press('Down', 'Enter');
    await window.until(open('EnablePodIdentityPreview is NotRegistered'));
    await window.press('Enter');
    await window.until(open('Managed identity:'));
    await window.type('jo');
    await window.until(/❯ jobs \(demo-rg\)/);
    await window.press('Enter');
    await window.until(open('Namespace of the pods:'));
    await window.type('demo');
    await window.until(/❯ demo/);
    await window.press('Enter');
    await window.until(open('Name of the pod identity: (jobs)'));
    await window.press('Enter');
    await window.until(open('label aadpodidbinding:'));
    await window.press('Enter');
    await window.until(open('Shall podid do that?'));
    expect(it.writes()).toEqual([]);
    await window.press('Enter');
    expect(await window.ended()).toBe(0);

    const printed = await window.history();
    expect(printed).toContain('podid enable -g demo-rg -c demo');
    expect(printed).toMatch(
      /podid add -g demo-rg -c demo .*--namespace demo --name jobs --identity-resource-id/,
    );
    expect(printed).toContain('  aadpodidbinding: jobs');
    expect(printed).toMatch(/The doctor: \d+ checks passed/);
    expect(printed).toContain('  podid token --emulated-pod demo/jobs');
    expect(it.writes()).toEqual(['clusters.put', 'roleAssignments.put', 'clusters.put']);
    const [entry] = it.emulator.kube.list('AzureIdentityBinding');
    expect(entry).toMatchObject({ metadata: { name: 'jobs-binding', namespace: 'demo' } });
  });

  it('leaves the add-on off at the first choice, and writes the entry into the cluster', async () => {
    await using it = await wizard('', { scenario: 'first-time' });
    const { window } = it;
    for (const question of questions) {
      await window.until(open(question));
      await window.press('Enter');
    }
    expect(await window.ended()).toBe(0);
    const printed = await window.history();
    expect(printed).toMatch(/Put \w+ on the nodes of every Linux pool of cluster demo/);
    expect(printed).toMatch(/podid add -g demo-rg -c demo .*--mode cluster/);
    expect(printed).not.toMatch(/^ {2}podid enable/m);
    expect(it.writes()).not.toContain('clusters.put');
    expect(it.emulator.kube.list('AzureIdentityBinding')).toHaveLength(1);
  });

  it('goes back from every question to the one before, and forward again with what was answered', async () => {
    await using it = await wizard('', { scenario: 'first-time' });
    const { window } = it;
    const last = questions.length - 1;
    for (const question of questions.slice(0, last)) {
      await window.until(open(question));
      await window.press('Enter');
    }
    for (const question of questions.toReversed()) {
      await window.until(open(question));
      await window.press('Escape');
    }
    // Before the first question there is none: it stays.
    for (const question of questions) {
      await window.until(open(question));
      await window.press('Enter');
    }
    expect(await window.ended()).toBe(0);
  });

  it.each(questions)('ends at "%s" on Ctrl-C and has changed nothing', async (end) => {
    await using it = await wizard('', { scenario: 'first-time' });
    const { window } = it;
    for (const question of questions) {
      await window.until(open(question));
      if (question === end) {
        break;
      }
      await window.press('Enter');
    }
    await window.press('C-c');
    expect(await window.ended()).toBe(130);
    expect(await window.history()).toContain('no operation is running');
    expect(it.writes()).toEqual([]);
  });

  it('says on Ctrl-C during the PUT that Azure continues, and the same answers finish what was begun', async () => {
    await using it = await wizard(
      '-g demo-rg -c demo --namespace demo --name web --binding-selector web --yes',
      { scenario: 'first-time', time: 'recorded' },
    );
    const { window, emulator } = it;
    await window.until(open('Managed identity:'));
    await window.press('Down', 'Enter');
    await expect.poll(it.writes, { timeout: 40_000 }).toContain('clusters.put');
    await window.press('C-c');
    expect(await window.ended()).toBe(130);
    expect(await window.history()).toContain('Azure continues');

    emulator.clock.advance(30 * 60_000);
    emulator.clock.setSpeed(1_000);
    await using again = await openWindow(
      `${process.execPath} bin/podid.js init --yes -g demo-rg -c demo --namespace demo --name web --binding-selector web`,
      { env: { ...emulator.environment, PODID_POLL_INTERVAL: '50ms' } },
    );
    await again.until(open('Managed identity:'));
    await again.press('Down', 'Enter');
    expect(await again.ended()).toBe(0);
    expect(await again.history()).not.toContain('Turn on the pod-identity add-on');
  });

  it('finds one cluster among five hundred', async () => {
    await using it = await wizard('', { scenario: 'first-time', seed: { clusters: manyClusters(500) } });
    const { window } = it;
    await window.until(open('Cluster:'));
    await window.type('shop 437');
    await window.until(/❯ shop-437 \(demo-rg\)/);
    await expect
      .poll(async () => (await window.screen()).match(/shop-\d+ \(/g), { timeout: 20_000 })
      .toHaveLength(1);
    await window.press('Enter');
    await window.until(open('add-on is off on shop-437'));
  });

  it('gives a service-principal cluster a managed identity when asked to, and goes on with it', async () => {
    await using it = await wizard('', { scenario: 'service-principal' });
    const { window } = it;
    await window.until(open('Cluster:'));
    await window.until(/service principal/);
    await window.press('Enter');
    await window.until(open('runs as a service principal:'));
    await window.press('Down', 'Enter');
    await window.until(/\(y\/N\)/);
    await window.type('y');
    await window.press('Enter');
    await window.until(open('Managed identity:|add-on is off'));
    expect(it.writes()).toContain('clusters.put');
  });

  it('stays readable in 40 columns', async () => {
    await using it = await wizard(
      '',
      { scenario: 'kubenet', seed: { clusters: manyClusters(20) } },
      { columns: 40, rows: 50 },
    );
    const { window } = it;
    const screen = await window.until(/^❯ demo \(demo-rg\)$/m);
    expect(screen).toMatch(/^Succeeded, kubenet, system-assigned,$/m);
    expect(screen).toContain('↑↓ navigate · ⏎ take · esc back');
    await window.press('Enter');
    await window.until(/❯ Work without the add-on/);
    await window.press('Down', 'Enter');
    await window.until(/CVE-2021-1677/);
    await window.until(open('The add-on on kubenet:'));
    await window.press('Enter');
    await window.until(open('add-on is off'));
    await window.press('C-c');
    expect(await window.ended()).toBe(130);
    expect(it.writes()).toEqual([]);
  });

  it('leaves a service-principal cluster as it is, and writes the entry into the cluster', async () => {
    await using it = await wizard('', { scenario: 'service-principal' });
    const { window } = it;
    await window.until(open('Cluster:'));
    await window.press('Enter');
    await window.until(open('runs as a service principal:'));
    for (const question of questions.slice(2)) {
      await window.press('Enter');
      await window.until(open(question));
    }
    await window.press('Enter');
    expect(await window.ended()).toBe(0);
    expect(it.writes()).not.toContain('clusters.put');
    expect(it.emulator.kube.list('AzureIdentityBinding')).toHaveLength(1);
    expect(await window.history()).toContain(
      'export PODID_RESOURCE_GROUP=demo-rg PODID_CLUSTER_NAME=demo PODID_MODE=cluster',
    );
  });

  it('asks for no cluster that PODID_CLUSTER_NAME names, and leaves no list of a question that was left', async () => {
    const env = { PODID_CLUSTER_NAME: 'demo' };
    await using it = await wizard('', { scenario: 'two-hundred' }, { env });
    const { window } = it;
    const screen = await window.until(
      /Managed identity:[^✔]*Create a new one[^✔]*\d{3} in all · type to search/,
    );
    expect(screen).toContain('Cluster: demo (demo-rg), as PODID_CLUSTER_NAME has it.');
    await window.press('Escape');
    await window.until(open('Cluster:'));
    // The terminal draws a question line by line.
    const offered = async () => (await window.screen()).match(/Create a new one/g)?.length ?? 0;
    await expect.poll(offered, { timeout: 30_000 }).toBe(0);
    await window.press('Enter');
    await window.until(/Managed identity:[^✔]*\d{3} in all · type to search/);
    await expect.poll(offered, { timeout: 30_000 }).toBe(1);
    expect(it.writes()).toEqual([]);
  });
});

function manyClusters(count: number) {
  const model = firstTime['clusters'] as [{ id: string; name: string }];
  return Array.from({ length: count }, (_, index) => {
    const name = `shop-${index + 1}`;
    return { ...model[0], id: model[0].id.replace(/[^/]+$/, name), name };
  });
}
