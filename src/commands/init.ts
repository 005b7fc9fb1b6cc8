import { isLoopbackHost } from '../domain/azure/loopback-host.ts';
import type { InitDesk, Site } from '../workflows/init/init-deps.ts';
import { dryRunFlags, yesFlag } from './change-flags.ts';
import { clusterFlags, kubeFlags, waitFlags } from './cluster-flags.ts';
import { defineCommand } from './command-spec.ts';
import { identityExtraFlags } from './file-flags.ts';
import { finishChange } from './finish.ts';
import type { FlagValues } from './flag-spec.ts';
import { givenAnswers } from './init-answers.ts';
import { initShape, initView, podText } from './init-result.ts';
import { initRules } from './init-rules.ts';
import type { Session } from './session.ts';
import { changeOptions, checkSignIn, connectWorkplace, readKubeconfigPath } from './workplace.ts';

const flags = {
  namespace: { kind: 'text', value: 'NAMESPACE', summary: 'the namespace of the pods' },
  name: {
    kind: 'text',
    short: 'n',
    value: 'NAME',
    summary: 'the name of the entry',
    fallback: "the identity's own name in lower case",
  },
  identityResourceId: { kind: 'text', value: 'ID', summary: 'the whole ARM id of the managed identity' },
  bindingSelector: {
    kind: 'text',
    value: 'LABEL',
    summary: 'the value of the label aadpodidbinding on the pods',
    fallback: 'the name',
  },
  ...identityExtraFlags,
  enablePodIdentityWithKubenet: {
    kind: 'switch',
    alias: 'with-kubenet',
    summary: 'consent to pod identity on kubenet, where pods can pose as others',
  },
  enableManagedIdentity: {
    kind: 'switch',
    summary: 'give a cluster that runs as a service principal a managed identity first',
  },
  registerFeature: {
    kind: 'switch',
    summary: 'register the feature EnablePodIdentityPreview of the subscription where it is not',
  },
  ...yesFlag,
  ...clusterFlags,
  aksCustomHeaders: {
    kind: 'list',
    value: 'K=V,…',
    summary: "headers for the cluster's PUT, and for that request alone",
  },
  ...dryRunFlags,
  ...waitFlags,
  ...kubeFlags,
} as const;

type InitFlags = FlagValues<typeof flags>;

export const initCommand = defineCommand({
  words: ['init'],
  summary: 'set pod identity up for the first time, question by question',
  description:
    'Asks for what it needs, from the subscription to the label, says what stands in the way and mends it where you want that: a preview feature that is not registered, an add-on that is off, a cluster that runs as a service principal, an identity that does not exist. Then it shows the plan and the podid commands that do the same in CI, and changes nothing before your yes. Esc goes one step back, Ctrl-C ends. What a flag answers is not asked; without a terminal every answer has to be given, and --yes.',
  examples: [
    { says: 'on a terminal', line: 'podid init', needs: 'a terminal' },
    {
      says: 'with every answer given, the pod to try it as YAML',
      line: 'podid init -g demo-rg -c demo --namespace demo --identity-resource-id /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web --yes -o yaml --query pod',
    },
  ],
  flags,
  async run(flags, session) {
    const desk = await openDesk(session, flags);
    const { runInit } = await import('../workflows/init/run-init.ts');
    const outcome = await runInit(desk);
    const { env, version } = session.context;
    const toTry = { cloud: session.global.cloud ?? (env['PODID_CLOUD'] || undefined), version };
    const manifest = outcome.done === undefined ? '' : await podText(outcome.done.result, toTry);
    return await finishChange(session, outcome, {
      view: (result) => initView(result, toTry),
      shape: initShape(manifest, isEmulated(env['PODID_ARM_ENDPOINT'])),
      exitCode: flags.exitCode,
    });
  },
});

/** An ARM on loopback is the emulator; over TLS its pods cannot be asked for. */
function isEmulated(endpoint: string | undefined): boolean {
  if (!URL.canParse(endpoint ?? '')) return false;
  const { protocol, hostname } = new URL(endpoint ?? '');
  return protocol === 'http:' && isLoopbackHost(hostname);
}

/** @throws PodidError InvalidUsage with every fault of the command, before anything was sent */
async function openDesk(session: Session, flags: InitFlags): Promise<InitDesk> {
  const { context } = session;
  checkSignIn(session, {});
  const given = await givenAnswers(session, flags);
  const options = changeOptions(session, flags);
  const kubeconfigPath = await readKubeconfigPath(session, flags);
  session.checkUsage();
  const sites = new Map<string | undefined, Promise<Site>>();
  const open = (subscription: string | undefined) => {
    const site =
      sites.get(subscription) ?? connectWorkplace(session, flags, { subscription, kubeconfigPath });
    sites.set(subscription, site);
    return site;
  };
  if (!context.interactive) return { given, questions: undefined, open, rules: initRules, options };
  const { terminalQuestions } = await import('../terminal/questions.ts');
  const questions = terminalQuestions({
    signal: context.signal,
    width: () => context.stderr.columns,
    before: session.report.stop,
  });
  return { given, questions, open, rules: initRules, options };
}
