import { profileStore } from '../../domain/entries/profile-store.ts';
import type { InitDeps, Wizard } from '../../workflows/init/wizard.ts';
import { givenAnswers } from '../flags/init-answers.ts';
import type { InitFlags } from '../flags/init-flags.ts';
import { initRules } from '../flags/init-rules.ts';
import { checkModeFlags } from '../flags/mode-flags.ts';
import type { Session } from '../run/session.ts';
import { changeOptions } from './change-options.ts';
import { byPublicFqdn, kubeconfigPath } from './kubeconfig-path.ts';
import { checkGlobalFlags, openAzure, openConfirm, openKube } from './open-deps.ts';

/** @throws PodidError InvalidUsage with every fault of the command, before anything was sent */
export async function openWizard(session: Session, flags: InitFlags): Promise<Wizard> {
  const { context } = session;
  const { signal } = context;
  checkGlobalFlags(session);
  const given = await givenAnswers(session, flags);
  checkModeFlags({ ...flags }, session.faults);
  const options = changeOptions(session, flags);
  const path = await kubeconfigPath(session, flags);
  const publicFqdn = byPublicFqdn(session, flags);
  session.checkUsage();
  const opened = new Map<string | undefined, Promise<InitDeps>>();
  const open = (subscription: string | undefined) => {
    const deps = opened.get(subscription) ?? openTenant(session, subscription, { flags, path, publicFqdn });
    opened.set(subscription, deps);
    return deps;
  };
  if (!context.interactive) {
    return { given, questions: undefined, open, rules: initRules, options, signal };
  }
  const { terminalQuestions } = await import('../../terminal/ask/questions.ts');
  const questions = terminalQuestions({
    signal,
    width: () => context.stderr.columns,
    before: session.report.stop,
  });
  return { given, questions, open, rules: initRules, options, signal };
}

/** Azure as the tenant of one subscription has it, and the way into the clusters there. */
async function openTenant(
  session: Session,
  subscription: string | undefined,
  {
    flags,
    path,
    publicFqdn,
  }: { readonly flags: InitFlags; readonly path: string | undefined; readonly publicFqdn: boolean },
): Promise<InitDeps> {
  const { context, report } = session;
  const azure = await openAzure(session, subscription);
  return {
    azure,
    report,
    forCluster: (cluster) => ({
      azure,
      report,
      entries: profileStore(azure.clusters),
      kube: openKube(session, azure, { cluster, kubeconfigPath: path, context: flags.context, publicFqdn }),
      clock: context.clock,
      confirm: openConfirm(session, flags.yes),
      signal: context.signal,
    }),
  };
}
