import { describe, expect, it } from 'vitest';
import type { OutputStream } from '../../src/terminal/streams.ts';
import { type EmulatedPodid, emulatedPodid, identityId } from './emulated-podid.ts';

/** Operations end by being asked about, and not by the clock. */
const inThreePolls = { operationMs: [600_000, 600_000], operationPolls: 3 };

/** podid whose lines on stderr are kept beside the number of requests that Azure had got by then. */
async function listening(run: (podid: EmulatedPodid) => Promise<void>) {
  const lines: { readonly text: string; readonly sent: number }[] = [];
  let count = () => 0;
  const stderr: OutputStream = {
    ...{ isTerminal: false, columns: undefined, readerGone: false },
    async write(text) {
      lines.push(
        ...text
          .trimEnd()
          .split('\n')
          .map((line) => ({ text: line, sent: count() })),
      );
    },
  };
  await using podid = await emulatedPodid({ seed: { settings: inThreePolls } }, {}, { stderr });
  count = () => podid.emulator.requests.length;
  await run(podid);
  /** What stood on the screen when the last such request went out. */
  const shownAt = (operation: string) => {
    const at = podid.emulator.requests.findLastIndex((request) => request.operation === operation);
    expect(at).toBeGreaterThan(-1);
    return lines.findLast(({ sent }) => sent <= at)?.text;
  };
  return { lines, shownAt };
}

const add = `add --namespace demo --name web --identity-resource-id ${identityId('web')}`;

describe('while Azure works', () => {
  it('a delete says that it writes, and then what Azure does, and no longer that it reads', async () => {
    const { shownAt } = await listening(async (podid) => {
      await podid.run(add);
      expect((await podid.run('delete --namespace demo --name web')).exitCode).toBe(0);
    });
    expect(shownAt('clusters.put')).toBe('Writing the change of cluster demo');
    expect(shownAt('operations.get')).toMatch(/^Azure updates cluster demo: /);
  });

  it('something moves again before the next request once a role was granted', async () => {
    const { lines } = await listening(async (podid) => {
      expect((await podid.run(add)).exitCode).toBe(0);
    });
    const at = lines.findIndex(({ text }) => text.startsWith('Granted Managed Identity Operator'));
    expect(at).toBeGreaterThan(-1);
    expect(lines[at + 1]?.text).toMatch(/^(?:Reading|Writing|Looking|Waiting|Checking) /);
    expect(lines[at + 1]?.sent).toBe(lines[at]?.sent);
  });
});

describe('an error', () => {
  it.each([
    'show --namespace demo --name nobody',
    'add --namespace Demo --name _ --identity-resource-id x',
    'delete --namespace demo --name nobody',
  ])('is told once, and as text, where there is no terminal and no -o: %s', async (line) => {
    await using podid = await emulatedPodid();
    const ran = await podid.run(line);
    expect(ran.exitCode).toBeGreaterThan(0);
    expect(ran.stdout).toBe('');
    expect(ran.stderr.match(/^podid: /gm)).toHaveLength(1);
    expect(ran.stderr).not.toMatch(/^\s*[{[]/m);
    const json = await podid.run(`${line} -o json`);
    const told = json.stderr.split('\n').filter((each) => /^\{|^podid: /.test(each));
    expect(told).toHaveLength(1);
    expect(JSON.parse(told[0] ?? '')).toMatchObject({ message: expect.any(String) });
  });
});

describe('plan --prune, as people read it,', () => {
  it('names what goes, in Azure and in the cluster, and says of no entry of Azure that it is not there', async () => {
    await using podid = await emulatedPodid();
    for (const name of ['web', 'jobs']) {
      await podid.json(`add --namespace demo --name ${name} --identity-resource-id ${identityId(name)}`);
    }
    const keeps = JSON.stringify({
      ...{ apiVersion: 'podid.io/v1', kind: 'PodIdentities' },
      identities: [{ name: 'web', namespace: 'demo', identityResourceId: identityId('web') }],
    });
    const { stdout, stderr } = await podid.run('plan -f - --prune -o table', {}, keeps);
    expect(stdout.match(/^- .*$/gm)?.toSorted(), stderr).toEqual([
      '- AzureIdentity demo/jobs',
      '- AzureIdentityBinding demo/jobs-binding',
      '- pod identity demo/jobs',
    ]);
    expect(stdout).toContain(
      '1 entry and 2 objects in the cluster to delete; one write of the cluster in Azure.',
    );
    expect(`${stdout}${stderr}`).not.toMatch(/not in Azure|no entry in Azure/);
    const kept = await podid.run('plan -f - -o table', {}, keeps);
    expect(kept.stdout).not.toMatch(/^- /m);
  });

  it('names apart the objects that have no entry in Azure', async () => {
    await using podid = await emulatedPodid();
    await fetch(`${podid.emulator.url}/version`);
    podid.emulator.kube.seed({
      ...{ apiVersion: 'aadpodidentity.k8s.io/v1', kind: 'AzureIdentity' },
      ...{ metadata: { name: 'old', namespace: 'demo' }, spec: { type: 0, resourceID: identityId('web') } },
    } as never);
    podid.emulator.kube.seed({
      ...{ apiVersion: 'aadpodidentity.k8s.io/v1', kind: 'AzureIdentityBinding' },
      ...{
        metadata: { name: 'old-binding', namespace: 'demo' },
        spec: { azureIdentity: 'old', selector: 'old' },
      },
    } as never);
    const file = JSON.stringify({ apiVersion: 'podid.io/v1', kind: 'PodIdentities', identities: [] });
    const { stdout } = await podid.run('plan -f - --prune -o table', {}, file);
    expect(stdout).toContain(
      'Objects in the cluster that will have no entry in Azure:\n  pod identity demo/old\n',
    );
  });
});
