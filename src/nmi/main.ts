import { createLogger, type Logger } from '../runtime/logger.ts';
import { reportFailure } from '../runtime/report-failure.ts';
import { endSignal } from '../runtime/shutdown.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { nmiHelp } from './nmi-flags.ts';
import { type NmiSettings, nmiSettings } from './nmi-settings.ts';
import { afterServer } from './rules/after-server.ts';
import { removeBootTable } from './rules/boot-guard/boot-table.ts';
import { installBootGuard, removeBootGuard } from './rules/boot-guard/run-boot-guard.ts';
import { heartbeatFile, installRulesOnce, removeRules, rulesOptions, runRules } from './rules/run-rules.ts';
import { runTool } from './rules/run-tool.ts';
import { runNmi } from './run-nmi.ts';
import { answerProofRequest, proofWord } from './tokens/entra/prove-by-certificate.ts';
import { version } from './version.ts';

/** `podid-nmi`: reads the flags, does what the word says, and leaves the exit code. Never rejects. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    // The agent's own child, for one certificate.
    if (argv[0] === proofWord) {
      return await answerProofRequest(process.stdin, process.stdout);
    }
    const settings = nmiSettings(argv);
    if (settings.flags.help || settings.flags.version) {
      process.stdout.write(settings.flags.help ? await help() : `podid-nmi ${version}\n`);
      return;
    }
    await start(settings);
  } catch (error) {
    reportFailure('podid-nmi', error);
  }
}

/** An agent that serves has no use for what lays help out. */
async function help(): Promise<string> {
  const { helpText } = await import('../flags/help-text.ts');
  return helpText(nmiHelp, process.stdout.columns);
}

async function start(settings: NmiSettings): Promise<void> {
  const { flags, word } = settings;
  const clock = systemClock();
  const logger = createLogger({
    level: flags.v >= 5 ? 'debug' : 'info',
    format: flags['log-format'] === 'text' ? 'text' : 'json',
    destination: process.stderr,
  });
  const signal = endSignal(process);
  logger.info({ version, word, node: settings.node }, 'starting');
  if (word === 'rules') {
    await doRules(settings, logger, signal);
  } else if (word === 'boot-guard') {
    await doBootGuard(settings, logger);
  } else {
    await runNmi(settings, { clock, logger }, signal);
  }
}

function doBootGuard({ flags }: NmiSettings, logger: Logger): Promise<void> {
  const hostRoot = flags['host-root'];
  return flags.remove
    ? removeBootGuard(hostRoot, runTool, logger)
    : installBootGuard(
        { hostRoot, metadataIp: flags['metadata-ip'], mayLackNft: flags['rules-backend'] === 'iptables' },
        logger,
      );
}

async function doRules(settings: NmiSettings, logger: Logger, signal: AbortSignal): Promise<void> {
  const options = rulesOptions(settings);
  const { flags } = settings;
  if (flags.remove) {
    await removeRules(options, logger);
    // The guard may have been loaded at boot; with the iptables backend there may be no nft, and then it was
    // not.
    return removeBootTable(runTool).catch((error) => {
      if (options.backend === 'nft') {
        throw error;
      }
    });
  }
  if (flags.once) {
    return installRulesOnce(options, logger);
  }
  const [clock, file] = [systemClock(), flags['heartbeat-file']];
  if (file === '') {
    return runRules(options, { clock, logger, publish: () => Promise.resolve() }, signal);
  }
  const after = afterServer({ port: options.port, user: options.serverUser }, clock, signal);
  return runRules(options, { clock, logger, publish: heartbeatFile(file) }, after);
}
