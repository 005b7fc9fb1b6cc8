import { scenarioNames } from '../cli/flags/scenario-names.ts';
import { checkFile, writeEnvironment } from '../cli/open/emulator-files.ts';
import {
  environmentLines,
  neededEnding,
  type SourcingShell,
  shellNamed,
  shellNames,
  shellOfFile,
  sourcing,
} from '../cli/open/environment-lines.ts';
import { defineCommand } from '../cli/run/command-spec.ts';
import type { Context, EmulatorChoice, RunningEmulator } from '../cli/run/context.ts';
import { advice } from '../errors/hint.ts';
import { PodidError } from '../errors/podid-error.ts';
import { quoted, type UsageFaults } from '../validate/usage-faults.ts';

export const emulatorCommand = defineCommand({
  description:
    'Serves Azure Resource Manager, Entra, the metadata service and the parts of the Kubernetes API that podid uses, on loopback, and runs until it is stopped. Once it listens it prints the lines that point podid at it, and nothing more. It is documented in docs/emulator.md.',
  examples: [
    {
      title: 'with the environment in a file, for another terminal to source',
      line: 'podid emulator --write-env demo.env',
    },
    {
      title: 'the same for PowerShell',
      line: 'podid emulator --write-env demo.ps1',
    },
    {
      title: 'the same for cmd',
      line: 'podid emulator --write-env demo.cmd',
    },
    {
      title: 'as slow as Azure, with its state kept over restarts',
      line: 'podid emulator --time recorded --state azure.json',
    },
  ],
  flags: {
    port: { kind: 'text', value: 'PORT', summary: 'the port on 127.0.0.1', fallback: '0, any free one' },
    state: { kind: 'text', value: 'FILE', summary: 'read the world from this file and keep it there' },
    scenario: {
      kind: 'text',
      value: 'NAME',
      choices: scenarioNames,
      summary: `the initial world: ${scenarioNames.join(', ')}`,
      fallback: 'default',
    },
    time: {
      kind: 'text',
      value: 'TIME',
      summary: 'how long Azure takes: instant, recorded (as in real traffic) or a factor such as 0.1',
      fallback: 'instant',
    },
    tls: { kind: 'switch', summary: 'serve Azure over https too, with a temporary certificate authority' },
    kubeconfig: {
      kind: 'text',
      value: 'FILE',
      summary: 'the cluster in which runCommand runs kubectl, which must be installed',
      fallback: "the emulator's own",
    },
    writeEnv: {
      kind: 'text',
      alias: 'env-file',
      value: 'FILE',
      summary:
        'write the lines to this file, which only you can read, and not to stdout; without --shell for PowerShell if it ends in .ps1, for fish in .fish, for cmd in .cmd or .bat',
    },
    shell: {
      kind: 'text',
      value: 'SHELL',
      choices: shellNames,
      summary: `the shell that the lines are for: ${shellNames.join(', ')}`,
      fallback: 'on stdout the shell that podid runs in, as far as the environment tells',
    },
  },
  async run(flags, session) {
    const { context, faults } = session;
    const port = portOf(flags.port, faults);
    const time = timeOf(flags.time, faults);
    for (const [flag, path] of Object.entries({ '--state': flags.state, '--write-env': flags.writeEnv })) {
      if (path === '') {
        faults.add(flag, `${flag} is empty.`);
      } else if (path !== undefined) {
        await checkFile(flag, path, faults);
      }
    }
    if (flags.kubeconfig === '') {
      faults.add('--kubeconfig', '--kubeconfig is empty.');
    }
    const asked = flags.shell === undefined ? undefined : shellNamed(flags.shell);
    if (flags.writeEnv !== undefined && asked !== undefined) {
      checkEnding(flags.writeEnv, asked, faults);
    }
    session.checkUsage();
    const shell = asked ?? context.shell;
    const emulator = await start(context, {
      port,
      time,
      tls: flags.tls,
      // Somebody waits for each change, which is done at once.
      ...(time === 'instant' ? { retryAfterSec: 1 } : {}),
      ...(flags.state === undefined ? {} : { stateFile: flags.state }),
      ...(flags.kubeconfig === undefined ? {} : { kubeconfig: flags.kubeconfig }),
      ...(flags.scenario === undefined ? {} : { scenario: flags.scenario }),
    });
    try {
      const { environment } = emulator;
      const ofFile = asked ?? shellOfFile(flags.writeEnv ?? '');
      if (flags.writeEnv !== undefined) {
        await writeEnvironment(flags.writeEnv, environmentLines(environment, ofFile));
      } else {
        await context.stdout.write(environmentLines(environment, shell));
      }
      session.report.note(`The emulator listens on ${emulator.url}; Ctrl-C ends it.`);
      session.report.note(
        `In another terminal: ${flags.writeEnv === undefined ? 'the lines above' : sourcing(flags.writeEnv, ofFile)}, and then ${firstStep(flags.scenario)}.`,
      );
      await aborted(context.signal);
    } finally {
      await emulator.stop();
    }
    return 0;
  },
});

function checkEnding(path: string, shell: SourcingShell, faults: UsageFaults): void {
  const ending = neededEnding(path, shell);
  if (ending !== undefined) {
    const name = shell === 'cmd' ? 'cmd' : 'PowerShell';
    faults.add(
      '--write-env',
      `--write-env: ${name} takes only files that end in ${ending}, and ${quoted(path)} does not.`,
    );
  }
}

/** In standard mode the controller puts identities on machines, and podid init is for managed mode. */
function firstStep(scenario: string | undefined): string {
  return scenario === 'standard-mode' ? 'podid-mic plan' : 'podid init';
}

/**
 * What the emulator cannot begin with is what its flags named: a scenario, a state file, a port that is
 * taken.
 */
async function start(context: Context, choice: EmulatorChoice): Promise<RunningEmulator> {
  try {
    return await context.startEmulator(choice);
  } catch (cause) {
    const system = cause instanceof Error && 'syscall' in cause;
    if (
      !system &&
      !(cause instanceof RangeError) &&
      !(cause instanceof SyntaxError) &&
      !(cause instanceof TypeError)
    ) {
      throw cause;
    }
    throw new PodidError('InvalidUsage', `The emulator cannot start: ${cause.message}`, {
      hint: advice`podid emulator --help`,
      cause,
    });
  }
}

function portOf(text: string | undefined, faults: UsageFaults): number {
  if (text === undefined) {
    return 0;
  }
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    faults.add('--port', `--port: ${quoted(text)} is not a port: a number from 0 to 65535.`);
  }
  return Number(text);
}

function timeOf(text: string | undefined, faults: UsageFaults): EmulatorChoice['time'] {
  if (text === undefined || text === 'instant') {
    return 'instant';
  }
  if (text === 'recorded') {
    return 'recorded';
  }
  const scale = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || scale <= 0) {
    faults.add('--time', `--time: ${quoted(text)} is not instant, recorded or a factor above 0 such as 0.1.`);
  }
  return { scale };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    } else {
      signal.addEventListener('abort', () => resolve(), { once: true });
    }
  });
}
