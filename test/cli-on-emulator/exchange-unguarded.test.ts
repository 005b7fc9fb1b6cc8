import { describe, expect, it } from 'vitest';
import type { EmulatedPodid } from './emulated-podid.ts';
import { all, enable, installed, workload } from './workload-emulator.ts';

interface PodOfTest {
  readonly metadata: object;
  readonly spec: { readonly nodeName: string };
}

/** Has the agents, as they are installed, say by their metrics whether the policies stand. */
function agentsSay(podid: EmulatedPodid, line: string): number {
  const [{ spec }] = all(podid, 'daemonsets').filter(
    ({ metadata }) => metadata.name === 'podid-nmi',
  ) as unknown as [{ readonly spec: { readonly template: { readonly spec: object } } }];
  const agents = all(podid, 'pods').filter(({ metadata }) => metadata.name.startsWith('podid-nmi'));
  for (const pod of agents as unknown as readonly PodOfTest[]) {
    const text = `podid_nmi_rules_intact 1\npodid_nmi_exchange_token_present 1\n${line}\n`;
    const answers = { '9090/metrics': { status: 200, text } };
    const annotations = { 'emulator.podid.io/answers': JSON.stringify(answers) };
    const { nodeName } = pod.spec;
    const running = { ...pod, spec: { ...spec.template.spec, nodeName } };
    podid.emulator.seed({
      kubernetes: [{ ...running, metadata: { ...pod.metadata, annotations } }],
    } as never);
  }
  return agents.length;
}

/** The podid command of a hint, as somebody types it who knows the values of the install. */
function typed(text: string): string {
  const [, said = ''] = text.split('own accounts on ');
  const [, words = ''] = /podid (nmi install .*?)(?:, or |\n|$)/.exec(said) ?? [];
  return `${words} --set podid.image.repository=registry.example.net/podid --yes --no-wait`;
}

describe('an agent that no policy confines', () => {
  it('is named by nmi status and doctor, each with the command that brings the policy again', async () => {
    await using podid = await installed('workload', workload('web', 'web', 'web'));
    await podid.json(`${enable} --identity demo/web`);
    expect(agentsSay(podid, 'podid_nmi_exchange_guard_stands 0')).toBeGreaterThan(0);
    const policy = () =>
      all(podid, 'validatingadmissionpolicies').filter(
        ({ metadata }) => metadata.name === 'kube-system-podid-nmi-own-pods',
      ).length;
    const sentence = "The agent makes no tokens of the pods' own accounts on ";

    podid.emulator.kube.remove('validatingadmissionpolicies', '', 'kube-system-podid-nmi-own-pods');
    const status = await podid.run('nmi status -o json');
    expect(JSON.parse(status.stdout).nodes.map((node: { exchange: string }) => node.exchange)).toContain(
      'unguarded',
    );
    expect(status.stderr).toContain(sentence);
    const installing = await podid.run(typed(status.stderr));
    expect(installing.exitCode, installing.stderr).toBe(0);
    expect(policy()).toBe(1);

    podid.emulator.kube.remove('validatingadmissionpolicies', '', 'kube-system-podid-nmi-own-pods');
    agentsSay(podid, 'podid_nmi_exchange_guard_stands 0');
    const doctor = await podid.run('doctor -o json');
    expect(doctor.exitCode).toBe(10);
    const { checks } = JSON.parse(doctor.stdout) as {
      checks: { name: string; message: string; hint?: string }[];
    };
    const found = checks.find(({ name }) => name === 'exchange');
    expect(found).toMatchObject({ result: 'fail', message: expect.stringContaining(sentence) });
    const again = await podid.run(typed(`${found?.message}\n${found?.hint}`));
    expect(again.exitCode, again.stderr).toBe(0);
    expect(policy()).toBe(1);

    agentsSay(podid, 'podid_nmi_exchange_guard_stands 1');
    const well = await podid.run('nmi status -o json');
    expect(well.stderr).not.toContain(sentence);
  });
});
