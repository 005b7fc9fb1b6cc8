import { initFlags } from '../cli/flags/init-flags.ts';
import { openWizard } from '../cli/open/open-wizard.ts';
import { finishChange } from '../cli/results/finish.ts';
import { initShape, initView, podText } from '../cli/results/init-result.ts';
import { defineCommand } from '../cli/run/command-spec.ts';
import { isLoopbackHost } from '../domain/azure/loopback-host.ts';
import type { Cluster } from '../domain/clusters/cluster.ts';
import { advice, type Command, command } from '../errors/hint.ts';

export const initCommand = defineCommand({
  examplesOfResult: async () => (await import('../cli/results/result-examples.ts')).initiated,
  description:
    'Asks for what it needs, from the subscription to the label, reports what is in the way, and fixes it if you agree: a preview feature that is not registered, an add-on that is off, a cluster that runs as a service principal, an identity that does not exist. Then it shows the plan and the podid commands that do the same in CI, and changes nothing until you agree. Esc goes one step back, Ctrl-C ends. It does not ask what a flag already answers, nor for the cluster that PODID_CLUSTER_NAME names (Esc on the next question shows the others); without a terminal every answer must be given as a flag, with --yes.',
  examples: [
    { title: 'on a terminal', line: 'podid init', needs: 'a terminal' },
    {
      title: 'with every answer given as a flag; prints a test pod as YAML',
      line: 'podid init -g demo-rg -c demo --namespace demo --identity-resource-id /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web --yes -o yaml --query pod',
    },
  ],
  flags: initFlags,
  async run(flags, session) {
    const wizard = await openWizard(session, flags);
    const { runInit } = await import('../workflows/init/run-init.ts');
    const outcome = await runInit(wizard);
    const { env, version, image } = session.context;
    const toTry = { cloud: session.global.cloud ?? (env['PODID_CLOUD'] || undefined), version, image };
    const manifest = outcome.done === undefined ? '' : await podText(outcome.done.result, toTry);
    const exitCode = await finishChange(session, outcome, {
      view: (result) => initView(result, toTry),
      shape: initShape(manifest, isEmulated(env['PODID_ARM_ENDPOINT'])),
      exitCode: flags.exitCode,
    });
    if (outcome.done !== undefined && session.context.interactive && !env['PODID_CLUSTER_NAME']) {
      session.report.note(
        advice`For other commands to find this cluster without -g and -c: ${exportsOf(outcome.done.cluster)}`,
      );
    }
    return exitCode;
  },
});

function exportsOf({ id, profile }: Cluster): Command {
  const mode = profile.enabled && profile.objects === undefined ? [] : ['PODID_MODE=cluster'];
  const names = [`PODID_RESOURCE_GROUP=${id.resourceGroup}`, `PODID_CLUSTER_NAME=${id.name}`];
  return command('export', ...names, ...mode, `AZURE_SUBSCRIPTION_ID=${id.subscriptionId}`);
}

/** An ARM on loopback is the emulator, with TLS and without. */
function isEmulated(endpoint: string | undefined): boolean {
  return URL.canParse(endpoint ?? '') && isLoopbackHost(new URL(endpoint ?? '').hostname);
}
