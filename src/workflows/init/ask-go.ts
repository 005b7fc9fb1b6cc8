import type { Reporter } from '../../domain/ports.ts';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { decided, type InitPlan, planInit } from './init-plan.ts';
import { type AskStep, settled, someone } from './wizard.ts';

/** Shows the plan, and asks for the yes. */
export const askGo: AskStep<'go'> = async (wizard, known) => {
  const answers = decided(known);
  const deps = await wizard.open(answers.cluster.id.subscriptionId);
  showPlan(deps.report, planInit(answers, wizard.given));
  if (wizard.given.yes || wizard.options.dryRun || wizard.questions === undefined) {
    return settled(true);
  }
  const answer = await someone(wizard).select({
    message: 'Shall podid do that?',
    choices: [
      { value: 'yes', name: 'Yes' },
      { value: 'back', name: 'Change the last answer' },
      { value: 'end', name: 'No, end here' },
    ],
  });
  if (answer === 'end') {
    throw new PodidError('Interrupted', 'Ended here, as you chose; no operation is running.');
  }
  return answer === 'yes' ? { value: true, asked: true } : 'back';
};

function showPlan(report: Reporter, { steps, commands }: InitPlan): void {
  report.note('');
  report.note('This is what will be done:');
  for (const [at, step] of steps.entries()) {
    report.note(`  ${at + 1}. ${step}`);
  }
  report.note('');
  report.note('The same in CI:');
  for (const command of commands) {
    report.note(advice`  ${command}`);
  }
  report.note('');
}
