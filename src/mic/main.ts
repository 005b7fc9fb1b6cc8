import { createLogger } from '../runtime/logger.ts';
import { reportFailure } from '../runtime/report-failure.ts';
import { endSignal } from '../runtime/shutdown.ts';
import { keepHeapSmall } from '../runtime/small-heap.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { micHelp } from './mic-flags.ts';
import { type MicSettings, micSettings } from './mic-settings.ts';
import { runMic } from './run-mic.ts';
import { version } from './version.ts';

/** `podid-mic`: reads the flags, does what the word says, and leaves the exit code. Never rejects. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    const settings = micSettings(argv);
    if (settings.flags.help || settings.flags.version) {
      process.stdout.write(settings.flags.help ? await help() : `podid-mic ${version}\n`);
      return;
    }
    await start(settings);
  } catch (error) {
    reportFailure('podid-mic', error);
  }
}

/** A controller that runs has no use for what lays help out. */
async function help(): Promise<string> {
  const { helpText } = await import('../flags/help-text.ts');
  return helpText(micHelp, process.stdout.columns);
}

async function start(settings: MicSettings): Promise<void> {
  const { flags, word } = settings;
  const clock = systemClock();
  const logger = createLogger({
    level: word === 'plan' ? 'error' : flags.v >= 5 ? 'debug' : 'info',
    format: flags['log-format'] === 'text' ? 'text' : 'json',
    destination: process.stderr,
  });
  const signal = endSignal(process);
  if (word === 'plan') {
    const { printPlan } = await import('./plan/print-plan.ts');
    process.stdout.write(await printPlan(settings, { clock, logger }, signal));
    return;
  }
  keepHeapSmall();
  logger.info({ version, instance: settings.instance }, 'starting');
  await runMic(settings, { clock, logger }, signal);
}
