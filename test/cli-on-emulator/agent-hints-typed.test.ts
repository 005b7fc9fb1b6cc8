import { describe, expect, it } from 'vitest';
import { type EmulatedPodid, emulatedPodid } from './emulated-podid.ts';
import { commandsIn } from './hint-commands.ts';
import { typeOthers } from './type-others.ts';

/** What the hints of `podid nmi status` have people type, one after the other. */
async function hintsOf(podid: EmulatedPodid, warning: string): Promise<string> {
  const { exitCode, stderr } = await podid.run('nmi status -o none');
  expect(exitCode, stderr).toBe(0);
  const hint = new RegExp(`warning: ${warning}.*\\nhint: (.*)`).exec(stderr)?.[1];
  expect(hint, stderr).toBeDefined();
  return hint ?? '';
}

/** Each agent's own answer to whoever asks for its metrics. */
function agentsSay({ emulator: { kube } }: EmulatedPodid, answers: object): void {
  for (const agent of kube.list('pods', 'kube-system')) {
    if (agent.metadata.name.startsWith('podid-nmi-')) {
      const annotations = {
        ...agent.metadata.annotations,
        'emulator.podid.io/answers': JSON.stringify(answers),
      };
      kube.seed({ ...agent, metadata: { ...agent.metadata, annotations } });
    }
  }
}

describe("the hints of podid's agent, typed as they stand", () => {
  it('are accepted where a node is open at boot, and the warning is gone', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const hint = await hintsOf(podid, 'Open at boot');
    const [install = []] = commandsIn(hint);
    expect(install.join(' ')).toMatch(/^nmi install .*--set podid\.bootGuard\.enabled=true /);
    expect((await podid.run(install)).exitCode).toBe(0);
    const ran = await podid.run([...install.filter((word) => word !== '--dry-run'), '--yes']);
    expect([ran.exitCode, ran.stderr]).toEqual([
      7,
      expect.stringContaining('The nodes of the emulator run no pods.'),
    ]);
    expect((await podid.run('nmi status -o none')).stderr).not.toContain('Open at boot');
  });

  it('are accepted where nobody may ask the agents, by kubectl', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    podid.emulator.kube.faults.deny = [{ resource: 'pods/proxy' }, { resource: 'pods/portforward' }];
    const hint = await hintsOf(podid, 'Not every agent could be asked');
    expect(hint).toMatch(/^kubectl auth can-i (?:get pods\/proxy|create pods\/portforward) -n kube-system/);
    await typeOthers(podid, hint);
  });

  it('are accepted where the metrics of the agents answer nobody', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    agentsSay(podid, {});
    const hint = await hintsOf(podid, 'Not every agent could be asked');
    const [, canI = ''] = /(kubectl auth can-i .*?)(?:;|$)/.exec(hint) ?? [];
    await typeOthers(podid, canI);
    const [install = []] = commandsIn(hint);
    expect(install.join(' ')).toMatch(/^nmi install .*--set nmi\.prometheusPort=9090 /);
    const ran = await podid.run(install);
    expect(ran.exitCode, ran.stderr).toBe(0);
  });
});
