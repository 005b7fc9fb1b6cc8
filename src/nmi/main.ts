import { createLogger, type Logger } from '../runtime/logger.ts';
import { reportFailure } from '../runtime/report-failure.ts';
import { endSignal } from '../runtime/shutdown.ts';
import { keepHeapSmall } from '../runtime/small-heap.ts';
import { systemClock } from '../runtime/system-clock.ts';
import { nmiHelp } from './nmi-flags.ts';
import { type NmiSettings, nmiSettings } from './nmi-settings.ts';
import { proofWord } from './tokens/entra/proof-word.ts';
import { version } from './version.ts';

/**
 * `podid-nmi`: reads the flags, does what the word says, and leaves the exit code. Never rejects. Each word loads what it
 * needs: the keeper of the rules and the server are two processes of one pod, and neither pays for the other's modules.
 */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    // The agent's own child, for one certificate.
    if (argv[0] === proofWord) {
      const { answerProofRequest } = await import('./tokens/entra/prove-by-certificate.ts');
      keepHeapSmall();
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
    const { runNmi } = await import('./run-nmi.ts');
    keepHeapSmall();
    await runNmi(settings, { clock, logger }, signal);
  }
}

async function doBootGuard({ flags }: NmiSettings, logger: Logger): Promise<void> {
  const [{ installBootGuard, removeBootGuard }, { runTool }] = await Promise.all([
    import('./rules/boot-guard/run-boot-guard.ts'),
    import('./rules/run-tool.ts'),
  ]);
  const hostRoot = flags['host-root'];
  await (flags.remove
    ? removeBootGuard(hostRoot, runTool, logger)
    : installBootGuard(
        { hostRoot, metadataIp: flags['metadata-ip'], mayLackNft: flags['rules-backend'] === 'iptables' },
        logger,
      ));
}

async function doRules(settings: NmiSettings, logger: Logger, signal: AbortSignal): Promise<void> {
  const { heartbeatFile, installRulesOnce, removeRules, rulesOptions, runRules } = await import(
    './rules/run-rules.ts'
  );
  const options = rulesOptions(settings);
  const { flags } = settings;
  keepHeapSmall();
  if (flags.remove) {
    await removeRules(options, logger);
    // The guard may have been loaded at boot; with the iptables backend there may be no nft, and then it was
    // not.
    const [{ removeBootTable }, { runTool }] = await Promise.all([
      import('./rules/boot-guard/boot-table.ts'),
      import('./rules/run-tool.ts'),
    ]);
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
    return runRules(options, { clock, logger, publish: () => Promise.resolve(), isAlone: true }, signal);
  }
  const [{ afterServer }, { rulesTextFile }] = await Promise.all([
    import('./rules/after-server.ts'),
    import('./rules/text/rules-text.ts'),
  ]);
  const after = afterServer({ port: options.port, user: options.serverUser }, clock, signal);
  const ports = { clock, logger, publish: heartbeatFile(file), text: rulesTextFile(file), isAlone: true };
  return runRules(options, ports, after);
}
