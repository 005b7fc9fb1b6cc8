import type { Site, Wizard } from '../../workflows/init/wizard.ts';
import { givenAnswers } from '../flags/init-answers.ts';
import type { InitFlags } from '../flags/init-flags.ts';
import { initRules } from '../flags/init-rules.ts';
import type { Session } from '../run/session.ts';
import { changeOptions, checkSignIn, connectDeps, readKubeconfigPath } from './workplace.ts';

/** @throws PodidError InvalidUsage with every fault of the command, before anything was sent */
export async function openWizard(session: Session, flags: InitFlags): Promise<Wizard> {
  const { context } = session;
  checkSignIn(session, {});
  const given = await givenAnswers(session, flags);
  const options = changeOptions(session, flags);
  const kubeconfigPath = await readKubeconfigPath(session, flags);
  session.checkUsage();
  const sites = new Map<string | undefined, Promise<Site>>();
  const open = (subscription: string | undefined) => {
    const site = sites.get(subscription) ?? connectDeps(session, flags, { subscription, kubeconfigPath });
    sites.set(subscription, site);
    return site;
  };
  if (!context.interactive) {
    return { given, questions: undefined, open, rules: initRules, options };
  }
  const { terminalQuestions } = await import('../../terminal/questions.ts');
  const questions = terminalQuestions({
    signal: context.signal,
    width: () => context.stderr.columns,
    before: session.report.stop,
  });
  return { given, questions, open, rules: initRules, options };
}
